#ifndef SIMURGH_CPQ_H
#define SIMURGH_CPQ_H
#include <libpq-fe.h>

// Macros of character literals are not imported.
static inline const char *simurgh_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline const char *simurgh_message(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
static inline const char *simurgh_detail(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
}
static inline const char *simurgh_table(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_TABLE_NAME); }
static inline const char *simurgh_constraint(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

// A library says nothing on standard error.
static void simurgh_ignore_notice(void *argument, const PGresult *result) {
  (void)argument;
  (void)result;
}
static inline void simurgh_be_quiet(PGconn *connection) {
  PQsetNoticeReceiver(connection, simurgh_ignore_notice, 0);
}
#endif
