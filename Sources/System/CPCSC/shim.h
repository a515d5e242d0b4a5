#ifndef SIMURGH_CPCSC_H
#define SIMURGH_CPCSC_H

// The calls of libpcsclite that we use, declared here: its own headers want a search path, and its pkg-config file gives
// that together with -pthread, which SwiftPM warns about. The binary interface is fixed by the library's soname 1.

#define SIMURGH_ATR_SIZE 33

typedef struct {
  const char *reader;
  void *user_data;
  unsigned long current_state;
  unsigned long event_state;
  unsigned long atr_length;
  unsigned char atr[SIMURGH_ATR_SIZE];
} SCARD_READERSTATE;

typedef struct {
  unsigned long protocol;
  unsigned long length;
} SCARD_IO_REQUEST;

extern const SCARD_IO_REQUEST g_rgSCardT0Pci, g_rgSCardT1Pci;

long SCardEstablishContext(unsigned long scope, const void *, const void *, long *context);
long SCardReleaseContext(long context);
long SCardListReaders(long context, const char *groups, char *readers, unsigned long *length);
long SCardGetStatusChange(long context, unsigned long timeout, SCARD_READERSTATE *states, unsigned long count);
long SCardConnect(
    long context, const char *reader, unsigned long share, unsigned long protocols, long *card, unsigned long *protocol);
long SCardReconnect(
    long card, unsigned long share, unsigned long protocols, unsigned long initialization, unsigned long *protocol);
long SCardDisconnect(long card, unsigned long disposition);
long SCardTransmit(
    long card, const SCARD_IO_REQUEST *sending, const unsigned char *command, unsigned long length,
    SCARD_IO_REQUEST *receiving, unsigned char *answer, unsigned long *answer_length);
const char *pcsc_stringify_error(long code);

#define SCARD_SCOPE_SYSTEM 2
#define SCARD_SHARE_EXCLUSIVE 1
#define SCARD_PROTOCOL_T0 1
#define SCARD_PROTOCOL_T1 2
#define SCARD_RESET_CARD 1
#define SCARD_UNPOWER_CARD 2
#define SCARD_STATE_PRESENT 0x20

#endif
