/* B8: a terminal uploads its usage log in numbered batches over a line that loses, doubles and reorders, and either side
   may lose its power at any moment. Nothing is lost, nothing is billed twice.

   The terminal is Sources/Terminals/CardTerminal/Centre/UsageUpload.swift, the centre
   Sources/Operator/Charging/UsageUpload.swift; what survives a power cut is global here. The centre's second guard, one row
   for each service, is left out: the batches must be enough. */

#define SERVICES 3
#define SENDINGS 6

chan up = [2] of { byte, byte };    /* a batch's number, and which services are in it */
chan down = [2] of { byte, byte };  /* its receipt */

/* Durable in the terminal. */
byte used = 0;       /* services that there have been */
byte logged = 0;     /* which of them wait, a bit each */
byte number = 1;     /* the number of the batch under way, or of the next */
byte underWay = 0;   /* which services are in it; 0 where there is none */

/* Durable at the centre. */
byte taken = 0;      /* the last batch that was taken */
byte stored[8];      /* what was in each: the receipt says so again */
byte billed[SERVICES];

byte sendings = 0;

#define HAS(set, i) ((set >> i) & 1)

inline bill(batch) {
  if :: HAS(batch, 0) -> billed[0]++ :: else fi;
  if :: HAS(batch, 1) -> billed[1]++ :: else fi;
  if :: HAS(batch, 2) -> billed[2]++ :: else fi
}

proctype Terminal() {
  byte b, m;
  do
  :: used < SERVICES -> atomic { logged = logged | (1 << used); used++ }
  :: underWay == 0 && logged != 0 -> underWay = logged
  :: atomic { underWay != 0 && sendings < SENDINGS && nfull(up) ->
#ifdef MUTANT_RENUMBERED
       /* A repetition is made anew, under another number. */
       if :: sendings > 0 -> number++ :: skip fi;
#endif
#ifdef MUTANT_REBUILT
       /* A repetition takes in what came since, and the receipt is not compared with what was sent. */
       underWay = logged;
#endif
       up ! number, underWay; sendings++;
#ifdef MUTANT_FORGOTTEN_WHEN_SENT
       logged = logged & ~underWay; underWay = 0; number++
#endif
     }
  :: atomic { down ? b, m ->
       if
#ifdef MUTANT_ANY_RECEIPT
       :: underWay != 0 ->
#else
#ifdef MUTANT_REBUILT
       :: underWay != 0 && b == number ->
#else
       :: underWay != 0 && b == number && m == underWay ->
#endif
#endif
            logged = logged & ~underWay; underWay = 0; number++
       :: else
       fi }
  od
}

proctype Centre() {
  byte b, m;
  do
  :: atomic { up ? b, m ->
       if
       :: b <= taken && b > 0 ->
#ifdef MUTANT_REPETITION_TAKEN
            bill(m);
#endif
            m = stored[b]
       :: b == taken + 1 ->
#ifdef MUTANT_RECEIPT_FIRST
            if :: nfull(down) -> down ! b, m :: full(down) fi;
            /* Power may go before the commit. */
            if :: goto next :: skip fi;
#endif
            bill(m); taken = b; stored[b] = m
       :: else -> goto next
       fi };
     /* Power may go here: the terminal will ask again. */
     if
     :: nfull(down) -> down ! b, m
     :: skip
     fi;
next: skip
  od
}

proctype Line() {
  byte b, m;
  do
  :: up ? b, m                                          /* lost */
  :: down ? b, m
  :: atomic { up ? b, m -> up ! b, m; if :: nfull(up) -> up ! b, m :: full(up) fi }
  :: atomic { down ? b, m -> down ! b, m; if :: nfull(down) -> down ! b, m :: full(down) fi }
  od
}

/* Whatever happened is in the log or billed, and billed at most once. */
#define KEPT(i) (used <= i || HAS(logged, i) || billed[i] == 1)
proctype Watch() {
  do
  :: atomic { !(billed[0] <= 1 && billed[1] <= 1 && billed[2] <= 1) -> assert(false) }
  :: atomic { !(KEPT(0) && KEPT(1) && KEPT(2)) -> assert(false) }
#ifdef REACHED
  :: atomic { taken > 1 && logged == 0 && billed[0] + billed[1] + billed[2] == SERVICES -> assert(false) }
#endif
  od
}

init { atomic { run Terminal(); run Centre(); run Line(); run Watch() } }
