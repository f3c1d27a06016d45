#!/usr/bin/env bash
# Ceph's object gateway as a peer of the bench: one monitor, one OSD over a file, one gateway, all on 127.0.0.1, for root on Debian 12.
#
#   bash bench/peers/ceph-rgw.sh start FOLDER    installs Ceph's packages, makes and starts the cluster, prints what to export
#   bash bench/peers/ceph-rgw.sh stop FOLDER     ends it; the folder is yours to remove
set -eu

action=${1:?start or stop}
folder=${2:?the folder of the cluster}
port=7480
processes="$folder/pids"

if [ "$action" = stop ]; then
  for pid in $(cat "$processes"); do kill "$pid" || true; done
  rm "$processes"
  exit
fi

DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ceph-mon ceph-osd radosgw ceph-common >&2
mkdir -p "$folder/mon" "$folder/osd" "$folder/run"
folder=$(cd "$folder" && pwd)
processes="$folder/pids"
export CEPH_CONF="$folder/ceph.conf"
: >"$processes"

# No keys between the daemons: nobody else reaches them. One copy of everything, as the other peers keep one.
cat >"$CEPH_CONF" <<END
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:3300,v1:127.0.0.1:6789]
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon pg warn on pool no redundancy = false
run dir = $folder/run
admin socket = $folder/run/\$name.asok
log file = $folder/\$name.log
[mon]
mon data = $folder/mon
mon initial members = a
[osd]
osd data = $folder/osd
bluestore block size = $((40 * 1024 * 1024 * 1024))
[client.rgw]
# Its own default is an encrypted line, which needs the keys that there are none of.
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:$port
END

start() {
  "$@" -f >>"$folder/output.log" 2>&1 &
  echo $! >>"$processes"
}

fsid=$(sed -n 's/^fsid = //p' "$CEPH_CONF")
monmaptool --create --clobber --fsid "$fsid" --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' "$folder/monmap" >&2
ceph-mon --mkfs -i a --monmap "$folder/monmap" >&2
start ceph-mon -i a
timeout 60 ceph mon stat >&2

osd=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$osd" 0 >&2
ceph-osd -i 0 --mkfs --osd-uuid "$osd" >&2
start ceph-osd -i 0
for _ in $(seq 60); do
  ceph osd stat | grep -q ' 1 up' && break
  sleep 1
done

start radosgw -n client.rgw
timeout 120 radosgw-admin user create --uid bench --display-name bench \
  --access-key bench-key --secret-key secret-of-the-bench-key >&2
is_open() { (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; }
for _ in $(seq 60); do
  is_open && break
  sleep 1
done
is_open || { echo "the gateway did not start; see $folder/client.rgw.log" >&2; exit 1; }

echo "export BENCH_CEPH_RGW=http://127.0.0.1:$port"
echo "export BENCH_CEPH_PIDS=$(paste -sd, "$processes")"
