#pragma once
/* Headers that Swift's Glibc module leaves out. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* prctl is variadic, which Swift cannot call. */
static inline int sf_prctl_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/* Names the calling thread; pthread_setname_np would need _GNU_SOURCE in a module's header. */
static inline int sf_prctl_set_thread_name(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}
