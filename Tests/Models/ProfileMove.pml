/* D2, D4: a profile moves from one device to the other, and back, over a line that loses, doubles and reorders. Whoever
   cancels, whatever is refused and wherever power goes: at every instant exactly one of the two devices authenticates.

   A profile has an ICCID of its own for each try, so it is told here by its key's number. All that is global is durable:
   a party that starts again goes on where it was, and may send once more what it had sent. */

#define TRIES 2

mtype = { PREPARE, COMMIT, ABANDON, INSTALL, REMOVE };

chan ask = [2] of { mtype, byte, byte };         /* what, device (0 where the AuC is asked), key */
chan answer = [2] of { mtype, byte, bool };      /* to what, key, whether it was done */

/* The AuC: the key that it uses, and the one that is prepared for it; 0 for none. */
byte inUse = 1;
byte prepared = 0;

/* The devices 1 and 2: which keys' profiles are installed, a bit each. */
byte installed[3];

/* The provider's list of steps. */
mtype step = 0;       /* what is under way; 0: nothing */
bool isUndoing = false;
bool isBegun = false; /* whether the commit was sent */
byte key = 1;         /* the last try's key */
byte old = 1;         /* the key that it replaces */
byte source = 1;      /* the device that has the old one */
byte moves = 0;

#define TARGET (3 - source)
#define HAS(d, k) ((installed[d] >> k) & 1)

inline send(what, device, which) { ask ! what, device, which }

proctype Provider() {
  mtype what; byte k; bool ok;
  do
  /* A request; a second one for the same profile joins the move under way. */
  :: atomic { step == 0 && key <= TRIES ->
       key++; old = inUse; step = PREPARE; isUndoing = false; isBegun = false }

  /* The step under way is sent, as often as need be. */
  :: atomic { step == PREPARE && nfull(ask) -> send(PREPARE, 0, key) }
  :: atomic { step == INSTALL && nfull(ask) -> send(INSTALL, TARGET, key) }
  :: atomic { step == COMMIT && nfull(ask) ->
#ifndef MUTANT_CANCELLED_WHILE_UNKNOWN
       /* Noted before it is sent: from now on nobody can cancel. */
       isBegun = true;
#endif
       send(COMMIT, 0, key) }
  :: atomic { step == REMOVE && nfull(ask) ->
       if :: isUndoing -> send(REMOVE, TARGET, key) :: else -> send(REMOVE, source, old) fi }
  :: atomic { step == ABANDON && nfull(ask) -> send(ABANDON, 0, key) }

  /* Somebody cancels. */
  :: atomic { !isUndoing && !isBegun && (step == PREPARE || step == INSTALL || step == COMMIT) ->
       isUndoing = true; step = REMOVE }

  /* An answer. */
  :: atomic { answer ? what, k, ok ->
       if
#ifdef MUTANT_ANY_RESULT
       :: what != step || (k != key && what != INSTALL && !(step == REMOVE && !isUndoing)) -> skip
#else
       :: what != step || (k != key && !(step == REMOVE && !isUndoing && k == old)) -> skip
#endif
       :: else ->
            if
            :: what == PREPARE && ok -> step = INSTALL
#ifdef MUTANT_COMMITTED_FIRST
            :: what == PREPARE && ok -> step = COMMIT
#endif
            :: what == PREPARE && !ok -> isUndoing = true; step = REMOVE
            :: what == INSTALL && ok -> step = COMMIT
#ifdef MUTANT_REMOVED_FIRST
            :: what == INSTALL && ok -> step = REMOVE
#endif
            :: what == INSTALL && !ok -> isUndoing = true; step = REMOVE
            :: what == COMMIT && ok -> step = REMOVE
            :: what == COMMIT && !ok -> isUndoing = true; step = REMOVE
            :: what == REMOVE && isUndoing -> step = ABANDON
            :: what == REMOVE && !isUndoing ->
                 step = 0;
#ifdef MUTANT_REMOVED_FIRST
                 if :: inUse == old -> step = COMMIT :: else fi;
#endif
                 if :: step == 0 -> source = TARGET; moves++ :: else fi
            :: what == ABANDON && ok -> step = 0
            /* It came too late: the key is in use, the move goes on. */
            :: what == ABANDON && !ok -> isUndoing = false; isBegun = true; step = COMMIT
            fi
       fi }
  od
}

/* The AuC and the devices answer each question by itself; what they do is durable before they answer. */
proctype Peers() {
  mtype what; byte d, k; bool ok;
  do
  :: atomic { ask ? what, d, k ->
       ok = true;
       if
       :: what == PREPARE ->
            if
            :: inUse == k || prepared == k
            :: inUse != k && prepared == 0 && k > inUse -> prepared = k
            /* Keys of a former try that were prepared once more, late: they give way. */
            :: inUse != k && prepared != k && prepared != 0 && k > prepared -> prepared = k
            :: else -> ok = false
            fi
       :: what == COMMIT ->
            if
            :: inUse == k
#ifdef MUTANT_ANY_COMMIT
            :: inUse != k -> inUse = k; prepared = 0
#else
            :: inUse != k && prepared == k -> inUse = k; prepared = 0
            :: else -> ok = false
#endif
            fi
       :: what == ABANDON ->
            if
            :: prepared == k -> prepared = 0
            :: prepared != k && inUse == k -> ok = false
            :: else
            fi
       :: what == INSTALL ->
            if
            :: installed[d] = installed[d] | (1 << k)
            :: ok = HAS(d, k)                   /* no room, a broken line, a user who declines */
            fi
       :: what == REMOVE ->
#ifdef MUTANT_UNNAMED
            installed[d] = 0
#else
            installed[d] = installed[d] & ~(1 << k)
#endif
       fi;
       /* The answer may be lost. */
       if
       :: nfull(answer) -> answer ! what, k, ok
       :: skip
       fi }
  od
}

proctype Line() {
  mtype what; byte d, k; bool ok;
  do
  :: ask ? what, d, k                                   /* lost */
  :: answer ? what, k, ok
  :: atomic { ask ? what, d, k -> ask ! what, d, k; if :: nfull(ask) -> ask ! what, d, k :: full(ask) fi }
  :: atomic { answer ? what, k, ok ->
       answer ! what, k, ok; if :: nfull(answer) -> answer ! what, k, ok :: full(answer) fi }
  od
}

proctype Watch() {
  do
  :: atomic { HAS(1, inUse) + HAS(2, inUse) != 1 -> assert(false) }
#ifdef REACHED
  /* There and back again. */
  :: atomic { moves == 2 && HAS(1, 3) && !HAS(2, 2) -> assert(false) }
#endif
  od
}

init { atomic { installed[1] = 2; run Provider(); run Peers(); run Line(); run Watch() } }
