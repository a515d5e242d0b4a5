/* B3, B4: PIN and service between a card and a terminal, with somebody on the line who replays what he has heard, says
   "PIN ok" himself, and takes the power from either side at any moment.

   The card is Sources/Cards/PaymentCard/Service.swift, the terminal Sources/Terminals/CardTerminal/Visit/ServiceVisit.swift;
   what survives a power cut is global here. A number R is a bit of a set: nobody can sign under an R but the card. */

#define VISITS 3
#define UNITS 2
#define TRIES 3
#define NOBODY 7

chan toCard = [1] of { byte, bool };            /* BEGIN SERVICE: R, and whether the PIN is right */
chan toTerminal = [1] of { byte, bool };        /* the OK notice: R, and whether the card signed it */
chan ask = [1] of { byte, byte };               /* CONTINUE SERVICE, inside the link of R: the units */
chan record = [1] of { byte, byte };            /* the card's record of them, likewise: nobody else can make one */

/* Durable in the card. */
byte tries = TRIES;
byte signedUnits = 0;    /* of the service in use */
/* Durable in the terminal. */
byte loggedUnits = 0;

/* For the rules alone. */
byte guesses = 0;        /* wrong PINs compared since the last right one */
byte matched = 0;        /* the numbers R under which the card found the PIN right */
byte signedFor = 0;      /* the numbers R that the card signed: the listener has these */
byte given = 0;          /* units given in the service in use */

#define BIT(r) (1 << r)

proctype Card() {
  byte serving, r, units; bool isRight;
power:                                           /* what the card knew without memory is gone */
  serving = NOBODY;
  do
  :: toCard ? r, isRight ->
       serving = NOBODY;
       if
       :: tries == 0 -> toTerminal ! r, false
       :: tries > 0 ->
#ifdef MUTANT_COMPARED_FIRST
            if :: isRight :: !isRight -> guesses++ fi;
            if :: goto power :: skip fi;
            tries--;
#else
            tries--;
            if :: goto power :: skip fi;         /* power goes: the try is spent */
            if :: isRight :: !isRight -> guesses++ fi;
#endif
            if
            :: isRight ->
                 atomic { tries = TRIES; guesses = 0; matched = matched | BIT(r); signedFor = signedFor | BIT(r);
                          signedUnits = 0; serving = r };
                 if :: goto power :: skip fi;
                 toTerminal ! r, true
            :: !isRight -> toTerminal ! r, false
            fi
       fi
  :: ask ? r, units ->
       if
       :: r == serving ->
            if :: goto power :: skip fi;
            signedUnits = units;
            if :: goto power :: skip fi;         /* signed, and nobody has heard it */
            record ! r, units
       :: r != serving
       fi
  od
}

/* Whoever is on the line: keeps back what he hears, says it again, or says what he likes without a signature. */
proctype Listener() {
  do
  :: toTerminal ? _, _
  :: atomic { nfull(toTerminal) && signedFor != 0 ->
       if
       :: signedFor & BIT(0) -> toTerminal ! 0, true
       :: signedFor & BIT(1) -> toTerminal ! 1, true
       :: signedFor & BIT(2) -> toTerminal ! 2, true
       fi }
  :: toTerminal ! NOBODY, false
  :: record ? _, _
  od
}

proctype Terminal() {
  byte visit = 0, r, said, units; bool isRight, isSigned;
  do
  :: visit < VISITS ->
       r = visit; visit++;
       if :: isRight = true :: isRight = false fi;
       atomic { loggedUnits = 0; given = 0 };
       toCard ! r, isRight;
       if
       :: toTerminal ? said, isSigned
       :: goto next                              /* the card was pulled */
       fi;
       if
#ifdef MUTANT_ANY_NONCE
       :: isSigned ->
#else
#ifdef MUTANT_UNSIGNED_OK
       :: said == r || said == NOBODY ->
#else
       :: isSigned && said == r ->
#endif
#endif
            assert(matched & BIT(r));            /* a service begins only where this card found this PIN right, now */
            units = 0;
            do
            :: units < UNITS ->
                 units++;
#ifdef MUTANT_GIVEN_FIRST
                 given = units;
#endif
                 ask ! r, units;
                 if
                 :: record ? eval(r), said
                 :: goto next                    /* the card was pulled */
                 fi;
                 if :: goto next :: skip fi;     /* the terminal's power goes */
#ifdef MUTANT_LOGGED_LATER
                 given = units;
                 if :: goto next :: skip fi;
                 loggedUnits = units;
#else
                 loggedUnits = units;
                 if :: goto next :: skip fi;
                 given = units;
#endif
                 assert(given <= signedUnits)
            :: units == UNITS -> break
            :: break
            od
       :: else
       fi;
next:  assert(given <= loggedUnits)              /* what was given can be billed */
  :: visit == VISITS -> break
  od
}

/* Somebody who tries one PIN after the other, at terminals that he resets. */
proctype Guesser() {
  do
  :: toCard ! NOBODY, false
  od
}

proctype Watch() {
  do
  :: atomic { guesses > TRIES -> assert(false) }   /* power cuts win no tries back */
#ifdef REACHED
  :: atomic { given == UNITS && matched > 1 -> assert(false) }
#endif
  od
}

init { atomic { run Card(); run Terminal(); run Listener(); run Guesser(); run Watch() } }
