#pragma once
/* Headers that Swift's Glibc module leaves out. */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
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

/* stdout is a variable, which Swift takes for shared state. Returns an error number; 0: all that
   was printed has arrived. */
static inline int sf_flush_standard_output(void) {
    if (fflush(stdout) != 0) return errno;
    return ferror(stdout) ? EIO : 0;
}

/* ioctl is variadic. Returns characters of a line; 0 where the terminal does not say. */
static inline int sf_terminal_width(int terminal) {
    struct winsize size;
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
