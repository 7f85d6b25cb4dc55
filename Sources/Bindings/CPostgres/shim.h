#pragma once
#include <libpq-fe.h>

/* PG_DIAG_SQLSTATE is a character constant, which Swift imports with another type than the
   parameter of PQresultErrorField. */
static inline const char *sf_result_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

static inline const char *sf_result_detail(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
}

/* A notice processor that says nothing: notices of the server would go to standard error. */
static inline void sf_drop_notice(void *user, const char *message) {
    (void)user;
    (void)message;
}

static inline void sf_silence_notices(PGconn *connection) {
    PQsetNoticeProcessor(connection, sf_drop_notice, NULL);
}
