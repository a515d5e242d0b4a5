#ifndef SIMURGH_CRESOLV_H
#define SIMURGH_CRESOLV_H

// The C library's resolver, whose names are macros, and whose lists of servers and records are unions that Swift does not
// see as such.

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>

// Asks the server at an IPv4 address for records of one type: the answer's length, 0 where there is none of that name or
// type, -1 where nobody answers.
static inline int simurgh_dns_query(
    const char *address, unsigned short port, const char *name, int type, int seconds, unsigned char *answer, int size) {
  struct __res_state state;
  memset(&state, 0, sizeof state);
  if (res_ninit(&state) != 0) return -1;
  struct sockaddr_in server;
  memset(&server, 0, sizeof server);
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  int length = -1;
  if (inet_pton(AF_INET, address, &server.sin_addr) == 1) {
    state.nscount = 1;
    state.nsaddr_list[0] = server;
    state.retrans = seconds;
    state.retry = 2;
    state.options |= RES_USE_EDNS0;
    length = res_nquery(&state, name, ns_c_in, type, answer, size);
    if (length < 0 && (state.res_h_errno == HOST_NOT_FOUND || state.res_h_errno == NO_DATA)) length = 0;
  }
  res_nclose(&state);
  return length;
}

// The data of the answer's record number `index`: its length, -1 where there is no such record, -2 where it is of another
// type.
static inline int simurgh_dns_record(
    const unsigned char *answer, int length, int index, int type, unsigned char *data, int size) {
  ns_msg message;
  ns_rr record;
  if (ns_initparse(answer, length, &message) != 0 || ns_parserr(&message, ns_s_an, index, &record) != 0) return -1;
  if (ns_rr_type(record) != type || ns_rr_rdlen(record) > size) return -2;
  memcpy(data, ns_rr_rdata(record), ns_rr_rdlen(record));
  return ns_rr_rdlen(record);
}

#endif
