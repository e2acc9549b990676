#!/bin/bash
# The backup copies of VMs that were deleted after their contract: followed until the last is gone, by the real program, on a
# directory repository and behind the sample of a hook. Only then is the deletion closed.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vcsim.sh"

# copy NUMBER DAY EXPIRES: a copy of the VM made on that day of January 2026.
copy() {
	local uuid word
	uuid=$(vcsim_uuid "$1")
	word=202601${2}T140000Z
	mkdir -p "$CASE/repository/$uuid/$word"
	head -c 65536 /dev/urandom >"$CASE/repository/$uuid/$word/disk-0"
	cat >"$CASE/repository/$uuid/$word/manifest.json" <<-END
		{"format": "haiki-backup", "version": 1, "vm_uuid": "$uuid", "generation": "$word", "service_code": "SV-00",
		 "created_utc": "2026-01-${2}T14:00:00Z", "expires_utc": "$3",
		 "files": [{"name": "disk-0", "size_bytes": 65536}]}
	END
}

# begin LINE…: a vCenter with the VMs 0, whose contract ended, and 1, whose contract runs.
begin() {
	start_vcsim -vms 2 -tenants 2 -snapshots 0
	configure "[deletion]" "clock = vouched" "look = 1" "share = 100" "$@" $'\n' "$(vcsim_settings)"
	make_keys
	printf 'code,name,zone,service_codes\nT-0,市0,municipal,SV-00\nT-1,市1,municipal,SV-01\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day\nK-0,T-0,2024-04-01,2026-03-31\nK-1,T-1,2024-04-01,\n' >"$CASE/contracts.csv"
	{
		echo "uuid,service_code,name,platform"
		vcsim vms | awk -F '\t' '{ print $1 "," $3 "," $2 ",main" }'
	} >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv --json
	assert_exit 0
}

directory_settings() {
	printf '%s\n' "" "[backup nightly]" "kind = directory" "path = $CASE/repository"
}

make_repository() {
	mkdir -p "$CASE/repository"
	echo '{"format": "haiki-backup-repository", "version": 1, "id": "r-1"}' >"$CASE/repository/repository.json"
}

expired() {
	run_haiki wipe expired --json
}

generations() {
	run_haiki inventory list generations --json
	assert_json "$1"
}

stage() {
	jq --raw-output ".certificates[] | select(.contract == \"C1\") | .stage" "$CASE/saved"
}

# Eight copies: three whose time has come, and five that are kept for years.
until_the_last() {
	local day uuid before
	make_repository
	begin "$(directory_settings)"
	uuid=$(vcsim_uuid 0)
	for day in 01 02 03; do copy 0 $day "2026-01-1${day#0}T14:00:00Z"; done
	for day in 04 05 06 07 08; do copy 0 $day 9998-01-01T00:00:00Z; done
	copy 1 01 2026-01-08T14:00:00Z
	before=$(cd "$CASE/repository" && find . -path "*2026010[45678]T*" -type f -o -path "./$(vcsim_uuid 1)/*" -type f |
		LC_ALL=C sort | xargs sha256sum)
	expired
	assert_exit 0
	assert_json '.counts.deleted == 1 and .backups.expired == 3 and .backups.failed == 0 and .backups.refused == 0'
	cp "$CASE/out" "$CASE/saved"
	assert_same volumes-erased "$(stage)" "stage"
	generations '[.generations[] | select(.vm_uuid == "'"$uuid"'") | .state] | sort == ["gone", "gone", "gone", "there", "there", "there", "there", "there"]'
	[ "$(ls "$CASE/repository/$uuid" | wc -l)" = 5 ]
	assert_same "$before" "$(cd "$CASE/repository" && sha256sum $(awk '{ print $2 }' <<<"$before"))" "what is kept"
	# The product's own retention takes the others, one by one.
	for day in 04 05 06 07; do rm -r "$CASE/repository/$uuid/202601${day}T140000Z"; done
	expired
	cp "$CASE/out" "$CASE/saved"
	assert_json '.backups.gone == 4'
	[ "$(stage)" != closed ] || fail "closed while a copy is there"
	# Nobody has the repository mounted tonight.
	mv "$CASE/repository" "$CASE/elsewhere" && mkdir "$CASE/repository"
	expired
	assert_exit 7
	assert_json '.backup_error.code == "backup-unreachable" and .backups.gone == 0'
	rmdir "$CASE/repository" && mv "$CASE/elsewhere" "$CASE/repository"
	rm -r "$CASE/repository/$uuid/20260108T140000Z"
	expired
	assert_exit 0
	cp "$CASE/out" "$CASE/saved"
	assert_same closed "$(stage)" "stage"
	generations '[.generations[] | select(.vm_uuid == "'"$uuid"'") | .state] | unique == ["gone"]'
}

outstanding() {
	jq --compact-output .outstanding "$STATE/certificates/$(jq --raw-output '.certificates[] | select(.contract == "C1") | .certificate' "$CASE/saved").json"
}

# Nobody could ask the repository since the VM went: whether it has copies is not known, so nothing is closed. It has none.
never_asked() {
	need sqlite3
	begin "$(directory_settings)"
	expired
	assert_exit 7
	assert_json '.counts.deleted == 1 and .backup_error.code == "backup-unreachable"'
	cp "$CASE/out" "$CASE/saved"
	assert_same volumes-erased "$(stage)" "stage"
	assert_same '["backup:nightly"]' "$(outstanding)" "what is left"
	run_haiki verify certificate "$STATE/certificates/haiki-C1-1.json" --json
	assert_exit 1
	assert_json '.certificates[0] | .valid == 1 and .stage == "volumes-erased" and .outstanding == ["backup:nightly"]'
	# Another night, the same.
	expired
	assert_exit 7
	assert_json '[.certificates[] | select(.contract == "C1") | .stage, .new] == ["volumes-erased", 0]'
	# However long that takes: years after, while the certificate is open.
	sqlite3 "$STATE/haiki.db" "UPDATE vm SET gone_utc_ms = 1 WHERE gone_utc_ms IS NOT NULL"
	make_repository
	expired
	assert_exit 0
	cp "$CASE/out" "$CASE/saved"
	assert_same closed "$(stage)" "stage"
	assert_same '[]' "$(outstanding)" "what is left"
	# That it is asked every night makes no other certificate.
	expired
	assert_exit 0
	assert_json '[.certificates[] | select(.contract == "C1") | .stage, .new] == ["closed", 0]'
	run_haiki report tenant C1 --json
	assert_exit 0
	assert_json '.stage == "closed" and .new == 0'
}

# The sample of a hook, whose product keeps everything seven days and deletes nothing by itself.
behind_a_hook() {
	local uuid
	need jq
	mkdir -p "$CASE/images"
	uuid=$(vcsim_uuid 0)
	echo images-1 >"$CASE/images/.repository"
	touch "$CASE/images/$uuid.20260101T140000Z.img" "$CASE/images/$(vcsim_uuid 1).20260101T140000Z.img"
	sed "s|^folder=.*|folder=$CASE/images|" "$REPOSITORY/packaging/backup-hook" >"$CASE/hook"
	chmod 700 "$CASE/hook"
	begin "" "[backup images]" "kind = hook" "path = $CASE/hook"
	expired
	assert_exit 0
	assert_json '.counts.deleted == 1 and .backups.expired == 1'
	[ ! -e "$CASE/images/$uuid.20260101T140000Z.img" ]
	[ -e "$CASE/images/$(vcsim_uuid 1).20260101T140000Z.img" ]
	cp "$CASE/out" "$CASE/saved"
	assert_same closed "$(stage)" "stage"
}

check "backup copies are followed until the last is gone, and only then is it closed" until_the_last
check "a VM whose copies nobody could be asked about is not closed, and is when they answered" never_asked
# Nothing is due, the clock may run ahead, and nobody has looked: a copy whose time it says has come stays.
behind_a_gap() {
	need sqlite3
	begin "$(directory_settings)"
	make_repository
	copy 0 01 9998-01-01T00:00:00Z
	expired
	assert_json '.counts.deleted == 1'
	rm -r "$CASE/repository/$(vcsim_uuid 0)"
	copy 0 02 2026-02-01T00:00:00Z
	sqlite3 "$STATE/haiki.db" "UPDATE meta SET value = json_set(value, '\$.boot_id', 'another',
		'\$.utc_ms', json_extract(value, '\$.utc_ms') - 20 * 86400000) WHERE name = 'deletion_clock'"
	expired
	assert_exit 7
	assert_json '.clock == "clock-gap" and .due == 0 and .backup_error.code == "clock-gap"'
	[ -e "$CASE/repository/$(vcsim_uuid 0)/20260102T140000Z/disk-0" ] || fail "the copy is gone"
}

check "behind a gap of the clock no copy is let go that nobody looked at" behind_a_gap
check "a product behind a hook is followed and told" behind_a_hook
finish
