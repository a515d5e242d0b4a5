# What the scripts of this folder share; each sources it first.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
simurgh=$root/.build/release/simurgh
work=

skip() { echo "skipped: $*"; exit 0; }
fail() { echo "failed: $*"; exit 1; }

# Names a program that a script cannot do without, and the Debian package that has it.
#   need PROGRAM PACKAGE
need() {
  command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || skip "$1 is missing (apt-get install $2)"
  PATH=$PATH:/usr/sbin
}

# Opens the script's folder for files; whatever the script starts and writes is gone when it ends, however it ends.
begin() {
  [ -x "$simurgh" ] || fail "$simurgh is missing; run make build first"
  work=$(mktemp -d)
  trap cleanUp EXIT
  trap 'exit 143' INT TERM
}

# Begins in a network, mounts and process numbers of its own: ports 443 and 8443 are free there, vpcd may bind every
# address, nothing reaches the world, and no process outlives the script, not even when it is killed.
isolate() {
  if [ "${SIMURGH_ISOLATED:-}" != 1 ]; then
    local own=(unshare --mount --net --pid --fork --kill-child --mount-proc)
    "${own[@]}" true 2>/dev/null || skip "a network and process numbers of its own need root"
    SIMURGH_ISOLATED=1 exec "${own[@]}" "$0" "$@"
  fi
  ip link set lo up
  begin
}

servers=()
cleanUp() {
  trap '' INT TERM
  kill "${servers[@]}" 2>/dev/null || true
  while [ ${#servers[@]} -gt 0 ]; do stop "${servers[-1]}"; done
  rm -rf "$work"
}

# Starts a server; its output is added to a file, its process number is ${servers[-1]}.
#   launch LOG COMMAND…
launch() {
  log=$1
  shift
  : >>"$log"
  "$@" >>"$log" 2>&1 &
  servers+=($!)
}

# Waits until a condition holds, while the server that was started last lives, at most 30 seconds.
#   await WHAT CONDITION…
await() {
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" && return
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  fail "waited for $what in vain: $(tail -n 20 "$log")"
}

listens() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Starts a server that listens on a port.
#   serve LOG PORT COMMAND…
serve() {
  launch "$1" "${@:3}"
  await "a listener on port $2" listens "$2"
}

# Ends a server and forgets its number; one that does not go within five seconds is killed.
#   stop SERVER [SIGNAL]
stop() {
  local ended=$1 server others=()
  kill "-${2:-TERM}" "$ended" || true
  for _ in $(seq 100); do kill -0 "$ended" || break; sleep 0.05; done
  kill -KILL "$ended" || true
  wait "$ended" || true
  for server in "${servers[@]}"; do [ "$server" = "$ended" ] || others+=("$server"); done
  servers=("${others[@]}")
} 2>/dev/null

# The first of so many ports in a row that nobody listens on, below those that the system hands out.
freePorts() {
  local first port
  while :; do
    first=$((20000 + RANDOM % 12000))
    for ((port = first; port < first + $1; port++)); do listens "$port" && continue 2; done
    echo "$first"
    return
  done
}

# Gives the host names in these mounts to ourselves.
names() {
  echo "127.0.0.1 localhost $*" >"$work/hosts"
  mount --bind "$work/hosts" /etc/hosts
}

# Whether a command prints a text; what it printed is in $said.
#   shows TEXT COMMAND…
shows() {
  said=$("${@:2}" 2>&1) || true
  grep -qF -- "$1" <<<"$said"
}

# A command's printed result must contain a text; its exit code alone proves nothing.
#   says TEXT COMMAND…
says() {
  shows "$@" || fail "'${*:2}' should say '$1', and says:
$said"
}

# The order book's state of a profile.
#   order SITE ICCID STATE
order() { says "\"state\" : \"$3\"" "$simurgh" profile show "$2" --dir "$1" --json; }

subscriber=(000102030405060708090A0B0C0D0E0F 101112131415161718191A1B1C1D1E1F)
plain=8988211000000000018
coded=8988211000000000026

# Puts two orders into a site's order book: TOKEN-1, and TOKEN-2 behind the confirmation code 1234.
orders() {
  local keys="${subscriber[0]},${subscriber[1]}"
  cat >"$work/orders.csv" <<CSV
iccid,imsi,k,opc,profileName,matchingId,confirmationCode
$plain,001010000000001,$keys,Plain,TOKEN-1,
$coded,001010000000002,$keys,Coded,TOKEN-2,1234
CSV
  says "2 imported, 0 failed" "$simurgh" order import "$work/orders.csv" --dir "$1"
}

# Runs the built tests whose names match, and builds nothing. A filter that matches nothing succeeds, as does a suite that
# is skipped: the lines tell.
#   tests FILTER NAME=VALUE…
tests() {
  local filter=$1 out built=$root/.build/release/simurghPackageTests.xctest
  shift
  [ -x "$built" ] || fail "$built is missing; run make test first"
  out=$(cd "$root" && env NO_COLOR=1 "$@" "$built" --testing-library swift-testing --filter "$filter" 2>&1) ||
    fail "$out"
  grep -q 'Test run with [1-9]' <<<"$out" || fail "no test called $filter was built; run make test first"
  ! grep -q 'Suite .* skipped' <<<"$out" || fail "$out"
  sed -nE 's/.*Test .* (skipped: )"(.*)"$/\1\2/p; s/.*(Test run with.*)/\1/p' <<<"$out"
}

# Starts pcscd with vpcd in these mounts, or says what is missing.
startPCSCD() {
  if ! command -v pcscd >/dev/null || [ ! -e /etc/reader.conf.d/vpcd ]; then
    echo "skipped: pcscd or vsmartcard-vpcd is missing (apt-get install pcscd vsmartcard-vpcd)"
    return 1
  fi
  mkdir -p /run/pcscd
  mount -t tmpfs tmpfs /run/pcscd
  launch "$work/pcscd.log" pcscd --foreground --critical
  await pcscd test -S /run/pcscd/pcscd.comm
}
