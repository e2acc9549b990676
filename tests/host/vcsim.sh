# A vCenter simulator (tests/host/vcsim) for the tests. Sourced after lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   start_vcsim [OPTION…]     start one (-vms 100 -tenants 5 -snapshots 3 …, see vcsim/main.go), and wait until it answers
#   vcsim WORD [KEY=VALUE…]   tell or ask it: see vcsim/control.go;   vcsim vms, vcsim lie method=Destroy_Task how=pretend
#   vcsim_settings            the section of haiki.conf
#
# Its datastores are the folders $VCSIM/ds0, $VCSIM/ds1 …; VM number 3 is vm-0003, with the UUID `vcsim_uuid 3` and, of 5
# tenants, the service code SV-03.

# Built once for all tests; several tests may want it at once.
build_vcsim() {
	need go curl flock
	[ -d /usr/share/gocode/src/github.com/vmware/govmomi/simulator ] || skip "golang-github-vmware-govmomi-dev is not installed"
	mkdir -p "$TOOLS"
	VCSIM_PROGRAM=$TOOLS/vcsim
	(
		flock 9
		[ -x "$VCSIM_PROGRAM" ] && [ -z "$(find "$REPOSITORY/tests/host/vcsim" -newer "$VCSIM_PROGRAM")" ] && exit 0
		cd "$REPOSITORY/tests/host/vcsim" &&
			GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$TOOLS/go-cache timeout 500 \
				go build -o "$VCSIM_PROGRAM.new" . && mv "$VCSIM_PROGRAM.new" "$VCSIM_PROGRAM"
	) 9>"$VCSIM_PROGRAM.lock" || skip "the simulator cannot be built"
}

vcsim_uuid() {
	printf '4220%04x-0000-4000-8000-%012x' "$1" "$1"
}

start_vcsim() {
	build_vcsim
	VCSIM=$CASE/vcsim
	mkdir -p "$VCSIM"
	"$VCSIM_PROGRAM" -folder "$VCSIM" "$@" >"$CASE/vcsim.log" 2>&1 </dev/null &
	VCSIM_PID=$!
	remember processes $VCSIM_PID
	until_true 60 test -s "$VCSIM/url"
	VCSIM_URL=$(cat "$VCSIM/url")
	printf '%s\n' 'secret <&> word' >"$CASE/vcsim.password"
	chmod 600 "$CASE/vcsim.password"
}

vcsim_settings() {
	printf '%s\n' "[vsphere main]" "url = $VCSIM_URL" "user = haiki@vsphere.local" "password = $CASE/vcsim.password" \
		"ca = $VCSIM/ca.pem" "service-field = haiki.service"
}

vcsim() {
	local word=$1 value arguments=()
	shift
	for value; do arguments+=(--data-urlencode "$value"); done
	curl --silent --show-error --fail --max-time 30 --get --cacert "$VCSIM/ca.pem" "${arguments[@]}" \
		"${VCSIM_URL%/sdk}/test/$word"
}

# vcsim_digest [PATTERN]: all bytes of all datastores as one digest, without those files whose path fits (egrep).
vcsim_digest() {
	(cd "$VCSIM" && find ds* -type f | grep -v -E -e "${1:-^$}" | LC_ALL=C sort | xargs -r -d '\n' sha256sum | sha256sum)
}
