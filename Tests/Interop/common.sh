# What the scripts of this folder share; each sources it first.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
simurgh=$root/.build/release/simurgh
work=

skip() { echo "skipped: $*"; exit 0; }
fail() { echo "failed: $*"; exit 1; }

# Starts the script again in a network and mounts of its own: ports 443 and 8443 are free there, vpcd may bind every
# address, and nothing reaches the world.
isolate() {
  if [ "${SIMURGH_ISOLATED:-}" != 1 ]; then
    unshare -mn true 2>/dev/null || skip "a network of its own needs root"
    SIMURGH_ISOLATED=1 exec unshare -mn "$0" "$@"
  fi
  ip link set lo up
  [ -x "$simurgh" ] || fail "$simurgh is missing; run make build first"
  work=$(mktemp -d)
  trap cleanUp EXIT
}

servers=()
cleanUp() {
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; done
  rm -rf "$work"
}

# Starts a server; its output goes to a file.
#   serve LOG PORT COMMAND…
serve() {
  local log=$1 port=$2
  shift 2
  "$@" >"$log" 2>&1 &
  local server=$!
  servers+=("$server")
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  fail "nothing listens on port $port: $(cat "$log")"
}

# Gives the host names in these mounts to ourselves.
names() {
  echo "127.0.0.1 localhost $*" >"$work/hosts"
  mount --bind "$work/hosts" /etc/hosts
}

# A command's printed result must contain a text; its exit code alone proves nothing.
#   says TEXT COMMAND…
says() {
  local wanted=$1
  shift
  local out
  out=$("$@" 2>&1) || true
  grep -qF -- "$wanted" <<<"$out" || fail "'$*' should say '$wanted', and says:
$out"
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
iccid,imsi,k,opc,name,matchingId,confirmationCode
$plain,001010000000001,$keys,Plain,TOKEN-1,
$coded,001010000000002,$keys,Coded,TOKEN-2,1234
CSV
  says "2 imported, 0 failed" "$simurgh" order import "$work/orders.csv" --dir "$1"
}

# Runs the built tests whose names match. A filter that matches nothing succeeds: the line with the count tells.
#   tests FILTER NAME=VALUE…
tests() {
  local filter=$1 out
  shift
  out=$(cd "$root" && env "$@" swift test --configuration release --skip-build --filter "$filter" 2>&1) || fail "$out"
  grep -q 'Test run with [1-9]' <<<"$out" || fail "no test called $filter was built; run make test first"
  grep -E 'skipped|Test run with' <<<"$out"
}

# Starts pcscd with vpcd in these mounts; fails where they are not installed.
startPCSCD() {
  if ! command -v pcscd >/dev/null || [ ! -e /etc/reader.conf.d/vpcd ]; then
    echo "skipped: PC/SC, pcscd or vsmartcard-vpcd is missing (apt-get install pcscd vsmartcard-vpcd)"
    return 1
  fi
  mkdir -p /run/pcscd
  mount -t tmpfs tmpfs /run/pcscd
  pcscd --foreground --critical >"$work/pcscd.log" 2>&1 &
  servers+=($!)
  for _ in $(seq 50); do [ -S /run/pcscd/pcscd.comm ] && return; sleep 0.1; done
  fail "pcscd does not start: $(cat "$work/pcscd.log")"
}
