#!/bin/bash
# What ended contracts left behind is deleted on a vCenter (tests/host/vcsim), by the real program: exactly what is due, whatever
# goes wrong in between, and never called gone while it is there.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vcsim.sh"

# begin VMS TENANTS [LINE…]: a vCenter, its VMs in the inventory. Tenant T-0 has the service SV-00 and so on, under contracts that
# run; LINEs go below [deletion].
begin() {
	local vms=$1 tenants=$2 number
	shift 2
	start_vcsim -vms "$vms" -tenants "$tenants" -snapshots 3
	configure "[deletion]" "clock = vouched" "look = 1" "share = ${SHARE:-100}" "$@" $'\n' "$(vcsim_settings)"
	make_keys
	{
		echo "code,name,zone,service_codes,contacts"
		for ((number = 0; number < tenants; number++)); do
			printf 'T-%d,市%d,municipal,SV-%02d SV-%02d-old,担当|it@city%d.example.jp||\n' \
				$number $number $number $number $number
		done
	} >"$CASE/tenants.csv"
	{
		echo "number,tenant,start_day,end_day,grace_days,service_codes"
		for ((number = 0; number < tenants; number++)); do
			printf 'K-%d,T-%d,2024-04-01,,10,SV-%02d\n' $number $number $number
			printf 'K-%d-old,T-%d,2024-04-01,2026-03-31,10,SV-%02d-old\n' $number $number $number
		done
	} >"$CASE/contracts.csv"
	{
		echo "uuid,service_code,name,platform"
		vcsim vms | awk -F '\t' '{ print $1 "," $3 "," $2 ",main" }'
	} >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv --json
	assert_exit 0
}

# left NUMBER…: these VMs belong to services whose contract ended long ago.
left() {
	local number code
	for number; do
		code=$(vcsim vms | awk -F '\t' -v uuid="$(vcsim_uuid "$number")" '$1 == uuid { print $3 }')
		vcsim code "uuid=$(vcsim_uuid "$number")" "to=$code-old"
		run_haiki inventory vm change "$(vcsim_uuid "$number")" --service-code "$code-old" --json
		assert_exit 0
	done
}

uuids() {
	vcsim vms | cut -f 1
}

is_there() {
	uuids | grep -qx "$(vcsim_uuid "$1")"
}

expired() {
	run_haiki wipe expired --json "$@"
}

# state_of NUMBER: of the last run.
state_of() {
	jq --raw-output --arg uuid "$(vcsim_uuid "$1")" '.vms[] | select(.uuid == $uuid) | .state + " " + .decision' "$CASE/out"
}

# The bytes of all VMs but these, which nothing may change.
digest_without() {
	local number pattern="^$"
	for number; do
		pattern+="|/$(printf 'vm-%04d' "$number")[/.]"
	done
	(cd "$VCSIM" && find ds* -type f | grep -vE "$pattern" | LC_ALL=C sort | xargs -r -d '\n' sha256sum | sha256sum)
}

# ---- the night ----

exactly_the_due_ones() {
	local before
	begin 100 5
	left 7 41
	before=$(digest_without 7 41)
	uuids | grep -vx -e "$(vcsim_uuid 7)" -e "$(vcsim_uuid 41)" >"$CASE/others"

	expired --dry-run
	assert_exit 0
	assert_json '.due == 2 and .machines == 100 and ([.vms[].state] == ["due", "due"]) and .clock == "good"'
	cp "$CASE/out" "$CASE/plan"
	is_there 7 || fail "a dry run deleted"
	assert_same "$before" "$(digest_without 7 41)" "a dry run"

	expired
	assert_exit 0
	assert_json '.counts == {"deleted": 2, "waiting": 0, "refused": 0, "failed": 0}'
	# What was shown is what ran.
	assert_same "$(jq -c '[.vms[].uuid]' "$CASE/plan")" "$(jq -c '[.vms[].uuid]' "$CASE/out")"
	uuids | cmp - "$CASE/others" || fail "not exactly the others are left"
	assert_same "$before" "$(digest_without 7 41)" "the others' bytes"
	[ -z "$(find "$VCSIM"/ds* -path '*vm-0007*' -o -path '*vm-0041*')" ] || fail "files are left"

	# Its certificates, which whoever gets them can check.
	assert_json '[.certificates[] | select(.new == 1)] | length >= 2'
	local name
	name=$(jq --raw-output '.certificates[] | select(.stage == "closed") | .certificate' "$CASE/out" | head -n 1)
	[ -n "$name" ] || fail "no deletion is closed: $(jq -c '.certificates' "$CASE/out")"
	openssl_verify "$STATE/certificates/$name.json" || fail "openssl refuses it"
	assert_json '.vms | length == 1' "$STATE/certificates/$name.json"
	run_haiki verify certificate "$STATE/certificates/$name.json" --json
	assert_exit 0
	run_haiki inventory show "$(vcsim_uuid 7)" --json
	assert_exit 0

	# Whoever gets the ledger finds all of it in order.
	run_haiki report ledger export "$CASE/ledger" --json
	assert_exit 0
	run_haiki verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" --json
	# Of contracts that left nothing known behind it says that they are not closed.
	assert_json '[.findings[].kind] | unique == ["contract-not-closed"]'

	# The next night has nothing to do, and no second certificate.
	expired
	assert_exit 0
	assert_json '.due == 0 and .vms == [] and ([.certificates[] | select(.new == 1)] == [])'
	run_haiki wipe expired
	assert_exit 0
	grep -q '^Nothing is due' "$CASE/out" || fail "it is not said: $(cat "$CASE/out")"
}

# All in one night.
many() {
	local count=${1:-40} tenants=${2:-8}
	begin "$count" "$tenants" "concurrency = 4"
	# The contracts that run have ended as well.
	sed -i 's/2024-04-01,,10/2024-04-01,2026-04-30,10/' "$CASE/contracts.csv"
	run_haiki inventory import "$CASE/contracts.csv" --json
	assert_exit 0
	LIMIT=1200 expired
	assert_exit 0
	assert_json ".counts == {\"deleted\": $count, \"waiting\": 0, \"refused\": 0, \"failed\": 0}"
	assert_same 0 "$(uuids | wc -l)" "VMs that are left"
	[ -z "$(find "$VCSIM"/ds* -type f)" ] || fail "files are left"
	assert_json "[.certificates[] | select(.stage == \"closed\")] | length == $tenants"
	expired
	assert_exit 0
	assert_json '[.certificates[] | select(.new == 1)] == []'
}

# disks_of NUMBER…: the disks of these VMs and their digests.
disks_of() {
	local number
	for number; do
		(cd "$VCSIM" && find ds* -name "$(printf 'vm-%04d' "$number")*.vmdk" | sort | xargs -r sha256sum)
	done
}

# A disk that another VM uses, and the base of its linked clone, are never touched.
shared() {
	local before
	begin 6 2
	left 1 3
	vcsim share "uuid=$(vcsim_uuid 1)" "with=$(vcsim_uuid 2)"
	vcsim linked "uuid=$(vcsim_uuid 4)" "of=$(vcsim_uuid 3)"
	# This one has a snapshot, whose removal would change what the clone stands on.
	[ -n "$(find "$VCSIM"/ds* -name 'vm-0003-Snapshot*')" ]
	before=$(disks_of 1 3)
	expired
	is_there 2 && is_there 4 || fail "a neighbour is gone"
	is_there 3 || fail "the base of a clone is gone, with its snapshot"
	is_there 1 && fail "what shares a disk is there still"
	[ "$(grep -c -- '-flat.vmdk' <<<"$before")" -eq 2 ] || fail "there was no disk to keep: $before"
	assert_same "$before" "$(disks_of 1 3)" "the disks that other VMs use"
	assert_json '[.vms[] | select(.error.code == "vm-disk-shared")] | length == 1'
	assert_json '[.certificates[].stage] | index("closed") | not'
}

# Somebody else deleted it.
absent() {
	need sqlite3
	begin 4 2
	left 1
	vcsim uuid "uuid=$(vcsim_uuid 1)" to=4220ffff-0000-4000-8000-00000000ffff
	# A VM that nobody entered bears its code: it may be the same one.
	expired
	assert_exit 3
	assert_same "refused uuid-differs" "$(state_of 1)"
	vcsim code uuid=4220ffff-0000-4000-8000-00000000ffff to=SV-00
	expired
	assert_exit 0
	assert_same "gone absent" "$(state_of 1)"
	jq -e '[.certificates[].certificate] | length > 0' "$CASE/out" >/dev/null
	grep -l by-others "$STATE"/certificates/*.json >/dev/null || fail "no certificate says that others deleted it"
	uuids | grep -qx 4220ffff-0000-4000-8000-00000000ffff || fail "the other one is gone"
	# It comes back, long after its deletion was closed: told, not deleted a second time, and closed no more.
	sqlite3 "$STATE/haiki.db" "DROP TRIGGER tenant_certificate_refuse_UPDATE;
		UPDATE tenant_certificate SET issued_utc_ms = issued_utc_ms - 40 * 86400000"
	vcsim uuid uuid=4220ffff-0000-4000-8000-00000000ffff "to=$(vcsim_uuid 1)"
	expired
	assert_exit 3
	assert_same "refused back" "$(state_of 1)"
	assert_json '[.certificates[] | select(.number == "K-1-old") | .stage] == ["remaining"]'
	# And gone again: it is looked for anew.
	vcsim uuid "uuid=$(vcsim_uuid 1)" to=4220ffff-0000-4000-8000-00000000ffff
	expired
	assert_exit 0
	assert_same "gone gone" "$(state_of 1)"
	expired
	assert_json '.due == 0 and .counts.deleted == 0'
}

# ---- refused ----

# refuses NUMBER WORD: it is refused for this reason, in the dry run and in the run, and is there; recorded once in two nights.
refuses() {
	local before
	before=$(vcsim_digest)
	expired --dry-run
	assert_same "refused $2" "$(state_of "$1")"
	for night in 1 2; do
		expired
		assert_exit 3
		assert_same "refused $2" "$(state_of "$1")"
		assert_json '.counts.deleted == 0 and .counts.refused == 1'
	done
	assert_same "$before" "$(vcsim_digest)" "all bytes"
	run_haiki inventory history "$(vcsim_uuid "$1")" --json
	assert_same 1 "$(jq --arg word "$2" '[.. | objects | select(.action? == "deletion-refused")] | length' "$CASE/out")" "events"
}

refused() {
	begin 4 2
	left 1
	vcsim code "uuid=$(vcsim_uuid 1)" to=
	refuses 1 code-missing
	vcsim code "uuid=$(vcsim_uuid 1)" to=SV-00
	expired
	assert_exit 3
	assert_same "refused code-differs" "$(state_of 1)"
	vcsim code "uuid=$(vcsim_uuid 1)" to=SV-01-old
	# The same UUID twice.
	vcsim uuid "uuid=$(vcsim_uuid 2)" "to=$(vcsim_uuid 1)"
	expired
	assert_exit 3
	assert_same "refused uuid-twice" "$(state_of 1)"
	is_there 1 || fail "it is gone"
	uuids | sort | uniq -d | grep -qx "$(vcsim_uuid 1)" || fail "one of the two is gone"
}

# One that nobody entered is told once, and keeps no night from being good.
unknown() {
	begin 3 1
	vcsim uuid "uuid=$(vcsim_uuid 2)" to=4220ffff-0000-4000-8000-00000000ffff
	run_haiki wipe expired
	assert_exit 0
	grep -q '4220ffff-0000-4000-8000-00000000ffff' "$CASE/out" || fail "not told: $(cat "$CASE/out")"
	run_haiki wipe expired
	assert_exit 0
	grep -q '4220ffff' "$CASE/out" && fail "told again: $(cat "$CASE/out")"
	grep -q '^1 VMs are not in the inventory' "$CASE/out" || fail "not counted: $(cat "$CASE/out")"
}

# One that nobody entered bears the code of what has ended: no certificate could name it, so none says that this was all.
unknown_and_due() {
	begin 3 1
	left 1
	vcsim uuid "uuid=$(vcsim_uuid 2)" to=4220ffff-0000-4000-8000-00000000ffff
	vcsim code uuid=4220ffff-0000-4000-8000-00000000ffff to=SV-00-old
	expired
	assert_exit 6
	assert_json '.counts.deleted == 1 and [.certificates[] | select(.number == "K-0-old")] == []'
	vcsim code uuid=4220ffff-0000-4000-8000-00000000ffff to=SV-00
	expired
	assert_exit 0
	assert_json '[.certificates[] | select(.number == "K-0-old") | .stage] == ["closed"]'
}

renamed() {
	begin 4 2
	left 1
	vcsim name "uuid=$(vcsim_uuid 1)" to=something-else
	vcsim name "uuid=$(vcsim_uuid 2)" to=vm-0001
	expired
	assert_exit 0
	assert_same "gone delete" "$(state_of 1)"
	is_there 1 && fail "it is there"
	is_there 2 || fail "the one that has its name now is gone"
}

# A hold that is placed between the plan and the step that destroys.
held() {
	begin 4 2
	left 1
	expired --dry-run
	assert_same "due delete" "$(state_of 1)"
	run_haiki inventory hold place T-1 --authority court --reason case --json
	assert_exit 0
	refuses 1 hold
	is_there 1 || fail "it is gone"
	# Nobody who gets the certificate hears of it.
	grep -rl '"hold"' "$STATE/certificates" && fail "a certificate tells of the hold"
	return 0
}

# ---- lies ----

# It answers success and keeps the VM: never gone, in no night.
liar() {
	local night
	begin 4 2
	left 1
	vcsim lie method=Destroy_Task how=pretend
	for night in 1 2; do
		expired
		assert_exit 7
		assert_json '.counts.deleted == 0 and .counts.waiting == 1'
		is_there 1 || fail "it is gone"
		jq -e '[.certificates[].stage] | index("closed") | not' "$CASE/out" >/dev/null || fail "closed: $(cat "$CASE/out")"
	done
	vcsim lie clear=1
	expired
	assert_exit 0
	assert_json '.counts.deleted == 1'
	is_there 1 && fail "it is there"
	return 0
}

# ---- killed ----

# A program that takes mails, one file each.
take_mail() {
	mkdir "$CASE/mail"
	printf '#!/bin/sh\nexec cat >"$(mktemp "%s/mail/XXXXXX")"\n' "$CASE" >"$CASE/sendmail"
	chmod 755 "$CASE/sendmail"
}

mails() {
	grep -l "^Subject:" "$CASE"/mail/* 2>/dev/null | wc -l
}

# killed_at NUMBER TEXT N: killed where the N-th statement with this text would begin; then it is run again, and all is as if nothing
# had been.
killed_at() {
	local number=$1 text=$2 at=$3 words
	left "$number"
	vcsim "calls" clear=1 >/dev/null
	WRAPPER="env LD_PRELOAD=$TOOLS/statements.so KILL_AT=$at" KILL_MATCH=$text expired 2>/dev/null
	# The run was over before: then this is no place to kill it.
	if ! grep -q 'signal 9' "$CASE/err"; then
		assert_exit 0
		ENDED=1
	else
		expired
		assert_exit 0
		assert_json '.counts.failed == 0 and .counts.refused == 0 and .counts.waiting == 0'
	fi
	is_there "$number" && fail "$text $at: it is there"
	[ -z "$(find "$VCSIM"/ds* -path "*$(printf 'vm-%04d' "$number")*")" ] || fail "$text $at: files are left"
	assert_json '.certificates[] | select(.contract == "C2") | .stage == "closed"'
	[ "$(vcsim calls | grep -c '^Destroy_Task')" -le 1 ] || fail "$text $at: destroyed twice"
	words=$(sqlite3 "$STATE/haiki.db" "SELECT fact FROM deletion_fact f JOIN deletion d ON d.id = f.deletion_id
		WHERE d.vm_uuid = '$(vcsim_uuid "$number")' ORDER BY f.seq" | jq --raw-output .fact | grep -vx identity | tr '\n' ' ')
	[[ $words =~ ^survey\ power-off\ snapshots\ (survey\ )?erase\ (delete|absent)\ look\ $ ]] || fail "$text $at: $words"
}

killed() {
	local number=0 at before ENDED= text
	need sqlite3
	take_mail
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/statements.so" || skip "statements.so cannot be built"
	export KILL_MATCH=
	begin 40 1 "concurrency = 1" "sendmail = $CASE/sendmail" "from = haiki@example.jp" "operators = op@example.jp"
	before=$(digest_without $(seq 0 39))
	# Done, and not yet written down.
	for ((at = 1; at <= 12; at++)); do
		killed_at $((number += 1)) "INSERT INTO deletion_fact" $at
		[ -z "$ENDED" ] || break
	done
	[ -n "$ENDED" ] || fail "there was no end"
	# Written down, and the next step not begun.
	for at in ${THOROUGH:+1 2 4 6 8 10} 3 5 7 9; do
		killed_at $((number += 1)) "SELECT seq, fact, digest FROM deletion_fact" $at
	done
	# While it is certified and told.
	for text in "INSERT INTO notice" "UPDATE notice" "INSERT INTO tenant_certificate"; do
		killed_at $((number += 1)) "$text" 1
	done
	[ "$number" -ge 12 ] || fail "killed $number times alone"
	assert_same "$before" "$(digest_without $(seq 0 39))" "the rest"
	# Whatever was cut off: nobody got the same mail twice.
	assert_same "" "$(grep -h '^Message-ID:' "$CASE"/mail/* | sort | uniq -d)" "a mail that left twice"
}

# ---- too many at once ----

gate() {
	SHARE=10 begin 20 2
	left 1 3 5
	expired
	assert_exit 7
	assert_json '.gate_stops == 1 and .counts.deleted == 0 and [.vms[].state] == ["approval", "approval", "approval"]'
	assert_same 20 "$(uuids | wc -l)"
	local approval
	approval=$(jq --raw-output .approval "$CASE/out")
	run_haiki wipe approve --json
	assert_exit 0
	assert_json ".approvals | length == 1 and .[0].approval == \"$approval\" and (.[0].vms | length) == 3"
	# The same question, not a second one.
	expired
	assert_exit 7
	assert_json ".approval == \"$approval\""
	# A service cannot say yes.
	run_haiki wipe approve "$approval" --json
	assert_exit 3
	assert_code approval-no-person
	# As it stands in the store when a person did; what came to be due since is not among it, and is few enough.
	need sqlite3
	sqlite3 "$STATE/haiki.db" "UPDATE approval SET given_utc_ms = asked_utc_ms, given_by = 'login:kato (1000)',
		expires_utc_ms = asked_utc_ms + 600000 WHERE id = ${approval#P}"
	left 7
	expired
	assert_exit 0
	assert_json '.counts.deleted == 4 and .gate_stops == 0'
	assert_same 16 "$(uuids | wc -l)"
}

# A platform that suddenly shows none of what is due: that is as much to be asked as deleting it would be.
vanished() {
	local number
	SHARE=10 begin 20 2
	left 1 3 5
	for number in 1 3 5; do
		vcsim code "uuid=$(vcsim_uuid $number)" to=SV-01
		vcsim uuid "uuid=$(vcsim_uuid $number)" "to=4220ffff-0000-4000-8000-00000000000$number"
	done
	expired
	assert_exit 7
	assert_json '.gate_stops == 1 and .counts.deleted == 0 and [.vms[] | select(.decision == "absent") | .state] == ["approval", "approval", "approval"]'
	assert_json '[.certificates[].stage] | index("closed") | not'
	# They are back the next night, and wait as before.
	for number in 1 3 5; do
		vcsim uuid uuid=4220ffff-0000-4000-8000-00000000000$number "to=$(vcsim_uuid $number)"
		vcsim code "uuid=$(vcsim_uuid $number)" to=SV-01-old
	done
	expired
	assert_exit 7
	assert_json '.counts.deleted == 0 and [.vms[] | select(.decision == "delete") | .state] == ["approval", "approval", "approval"]'
	assert_same 20 "$(uuids | wc -l)"
}

# ---- the clock ----

clock() {
	begin 4 2
	left 1
	# The platform's clock says another time.
	vcsim clock ms=$((24 * 3600 * 1000))
	expired
	assert_exit 3
	assert_code clock-differs
	vcsim clock ms=0
	is_there 1 || fail "it is gone"
	expired --now 2030-01-01
	assert_exit 2
	expired --dry-run --now 2024-05-01
	assert_exit 0
	assert_json '.due == 0'
	# Set back, before the newest record.
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/clock.so" || skip "clock.so cannot be built"
	WRAPPER="env LD_PRELOAD=$TOOLS/clock.so CLOCK_SHIFT_MS=-86400000" expired
	assert_exit 3
	assert_code clock-back
	is_there 1 || fail "it is gone"
	# Nobody answers for it, and the kernel says no.
	sed -i 's/^clock = vouched/clock = synchronised/' "$CASE/haiki.conf"
	WRAPPER="env LD_PRELOAD=$TOOLS/clock.so CLOCK_STATUS=unsynchronised" expired
	assert_exit 3
	assert_code clock-unsynchronised
	is_there 1 || fail "it is gone"
	WRAPPER="env LD_PRELOAD=$TOOLS/clock.so CLOCK_STATUS=synchronised" expired
	assert_exit 0
	assert_json '.counts.deleted == 1'
	# Forward by a month: within one boot it jumped, whatever the platform says.
	left 2
	local month=2678400000
	vcsim clock ms=$month
	WRAPPER="env LD_PRELOAD=$TOOLS/clock.so CLOCK_STATUS=synchronised CLOCK_SHIFT_MS=$month" expired
	assert_exit 3
	assert_code clock-jumped
	# Off for a month: a person is asked.
	WRAPPER="env LD_PRELOAD=$TOOLS/clock.so CLOCK_STATUS=synchronised CLOCK_SHIFT_MS=$month CLOCK_BOOT_MS=$month" expired
	assert_exit 7
	assert_json '.clock == "clock-gap" and .gate_stops == 1 and .counts.deleted == 0 and .approval != ""'
	is_there 2 || fail "it is gone"
}

# Behind a gap with nothing due nobody is asked; so the gap is still there when something is.
gap() {
	need sqlite3
	begin 4 2
	expired
	assert_exit 0
	sqlite3 "$STATE/haiki.db" "UPDATE meta SET value = json_set(value, '\$.boot_id', 'another',
		'\$.utc_ms', json_extract(value, '\$.utc_ms') - 20 * 86400000) WHERE name = 'deletion_clock'"
	expired
	assert_exit 0
	assert_json '.clock == "clock-gap" and .due == 0'
	left 1
	expired
	assert_exit 7
	assert_json '.clock == "clock-gap" and .gate_stops == 1 and .counts.deleted == 0'
	is_there 1 || fail "it is gone"
}

check "of 100 VMs of 5 tenants exactly the two that are due go, and all others are as they were" exactly_the_due_ones
check "without the right service code, or with its UUID twice, a VM is refused" refused
check "a VM that nobody entered is told once" unknown
check "a VM that nobody entered keeps the contract open whose service it bears" unknown_and_due
check "a renamed VM is known by its UUID, and its old name protects nobody else" renamed
check "a hold placed between plan and run keeps the VM, and no certificate tells of it" held
check "a vCenter that says success and keeps the VM: never gone" liar
check "a disk that another VM uses stays, with what a linked clone stands on, and the deletion is not closed" shared
check "deleted by others: said so; back again: refused" absent
check "all VMs of many tenants, due in one night" many ${THOROUGH:+500 20}
check "killed at every fact and gone on with: the same end, nothing destroyed twice, no second mail" killed
check "too many at once wait for a person" gate
check "a platform that shows nothing of what is due: a person is asked before it is called gone" vanished
check "a clock that cannot be believed deletes nothing" clock
check "behind a gap a person is asked, also when nothing was due in the first night" gap
finish
