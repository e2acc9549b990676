#!/bin/bash
# VMs and whose they are: entered, imported, exported, held and shown by the real program, with what was done to one.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

WEB=5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e01
MAIL=5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e02
OTHER=5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e03

import_all() {
	printf 'code,name,service_codes\nCITY-A,東京都,SV-1 SV-2\nCITY-B,ビー,SV-9\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,service_codes\nK-1,CITY-A,2020-04-01,2024-02-19,\nK-2,CITY-A,2020-04-01,,SV-2\n' \
		>"$CASE/contracts.csv"
	printf 'uuid,service_code,name,platform\n%s,SV-1,窓口,dc1\n%s,SV-2,mail,\n%s,SV-9,=cmd,dc2\n' \
		"${WEB^^}" $MAIL $OTHER >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{vms,contracts,tenants}.csv "$@"
	assert_exit 0
}

# A contract for some services leaves the others to one that ended before.
imported() {
	import_all --json
	assert_json '[.counts[] | select(.kind == "vms") | .added] == [3]'
	run_haiki inventory list vms --json
	assert_json "[.vms[] | .id + \" \" + .uuid + \" \" + .tenant + \" \" + .state] ==
		[\"M1 $WEB CITY-A there\", \"M2 $MAIL CITY-A there\", \"M3 $OTHER CITY-B there\"]"
	run_haiki inventory show ${WEB^^} --json
	assert_json '[.vms[0].contracts[].number] == ["K-1"] and .vms[0].due == "due"'
	# The leap day is one of the ten: the last is 29 February, whole, in Tokyo.
	assert_json '.vms[0].due_utc == "2024-02-29T15:00:00.000Z"'
	run_haiki inventory show M2 --json
	assert_json '[.vms[0].contracts[].number] == ["K-1", "K-2"] and .vms[0].due == "running" and .vms[0].due_utc == ""'
	run_haiki inventory show M3 --json
	assert_json '.vms[0].contracts == [] and .vms[0].due == "unknown" and .vms[0].deletion == {}'
	run_haiki inventory show CITY-A --json
	assert_json '[.tenants[0].vms[].id] == ["M1", "M2"]'
	run_haiki inventory show M1
	assert_exit 0
	grep -q 窓口 "$CASE/out"
	# By its name it is nobody.
	run_haiki inventory show 窓口
	assert_exit 1
}

round_trip() {
	local format kind
	import_all
	for format in csv json; do
		mkdir "$CASE/$format"
		for kind in tenants contracts vms; do
			run_haiki inventory export $kind --format $format --output "$CASE/$format/$kind"
			assert_exit 0
		done
		STATE=$CASE/other-$format run_haiki inventory import "$CASE/$format"/* --json
		assert_json '.entered == 1'
		for kind in tenants contracts vms; do
			STATE=$CASE/other-$format run_haiki inventory export $kind --format $format
			assert_exit 0
			cmp "$CASE/out" "$CASE/$format/$kind" || fail "$kind as $format is another one"
		done
	done
	grep -q "'=cmd" "$CASE/csv/vms" || fail "a formula: $(cat "$CASE/csv/vms")"
}

# Each wrong line is reported, and nothing is entered.
refused() {
	import_all
	printf 'uuid,service_code,tenant\n%s,SV-3,\n%s,SV-9,CITY-A\nweb,SV-1,\n%s,SV-1,\n%s,SV-1,\n%s,SV-1,CITY-B\n' \
		5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e11 5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e12 \
		5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e13 5029E1F1-7a3c-4e0b-9d55-0c2f6a1b3e13 \
		5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e14 >"$CASE/wrong.csv"
	run_haiki inventory import "$CASE/wrong.csv" --json
	assert_exit 1
	assert_json '.entered == 0 and ([.problems[].place] | sort) == ["2", "3", "4", "6", "7"]'
	run_haiki inventory list vms --json
	assert_json '.vms | length == 3'
	# A service code that is misspelt would leave its VMs to a contract that has ended.
	run_haiki inventory contract change K-2 --service-code sv-2
	assert_exit 2
	run_haiki inventory contract change K-2 --service-code SV-9
	assert_exit 2
	run_haiki inventory contract change K-2 --service-code SV-1 --all-services
	assert_exit 2
}

by_hand() {
	import_all
	run_haiki inventory vm add 5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e04 --name db
	assert_exit 2
	run_haiki inventory vm add 5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e04 --service-code SV-9 --name db --json
	assert_exit 0
	assert_json '.kind == "vms" and .action == "added"'
	run_haiki inventory vm change M4 --service-code SV-1
	assert_exit 0
	run_haiki inventory show M4 --json
	assert_json '.vms[0].tenant == "CITY-A" and .vms[0].events[-1].detail.tenant_before == "T2"'
	run_haiki inventory vm change db --name web
	assert_exit 2
	# A code that goes to another tenant takes no VM along before somebody says so.
	run_haiki inventory tenant change CITY-A --without-service-code SV-1
	assert_exit 0
	run_haiki inventory tenant change CITY-B --service-code SV-1
	assert_exit 0
	run_haiki inventory vm change M4 --name db2
	assert_exit 0
	run_haiki inventory show M4 --json
	assert_json '.vms[0].tenant == "CITY-A" and .vms[0].name == "db2"'
	run_haiki inventory vm change M4 --tenant CITY-B
	assert_exit 0
	run_haiki inventory show M4 --json
	assert_json '.vms[0].tenant == "CITY-B"'
	run_haiki inventory contract change K-2 --all-services
	assert_exit 0
	run_haiki inventory list contracts --json
	assert_json '[.contracts[].service_codes] == [[], []]'
}

held() {
	import_all
	run_haiki inventory hold place M1 --authority 裁判所 --reason 事件
	assert_exit 0
	run_haiki inventory hold place CITY-B --authority 裁判所 --reason 事件
	assert_exit 0
	run_haiki inventory show M1 --json
	assert_json '.vms[0].holds == ["H1"]'
	run_haiki inventory show M2 --json
	assert_json '.vms[0].holds == []'
	run_haiki inventory show M3 --json
	assert_json '.vms[0].holds == ["H2"]'
	# By way of a volume of it.
	printf 'key,kind,name,size_bytes,host,vm_uuid\nvm:1,vm-disk,d,1,h,%s\n' $MAIL >"$CASE/volumes.csv"
	run_haiki inventory import "$CASE/volumes.csv"
	assert_exit 0
	run_haiki inventory hold place V1 --authority 裁判所 --reason 事件
	assert_exit 0
	run_haiki inventory show M2 --json
	assert_json '.vms[0].holds == ["H3"] and [.vms[0].volumes[].id] == ["V1"]'
}

sha256() {
	printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

# A deletion as its steps enter it: rows, chained by their digests.
enter_deletion() {
	local before text seq=0
	before=$(printf '1\n1\n1\n1\n%s\ndc1\n1709218800000\n1709218800001\n' $WEB | sha256sum | cut -d ' ' -f 1)
	{
		echo "INSERT INTO deletion VALUES (1, 1, 1, 1, '$WEB', 'dc1', 1709218800000, 1709218800001, '$before');"
		for text in "$@"; do
			seq=$((seq + 1))
			before=$(sha256 "$before$text")
			echo "INSERT INTO deletion_fact VALUES (1, $seq, 1709218800002, '$text', '$before');"
		done
	} | sqlite3 "$STATE/haiki.db"
}

deleted() {
	local utc='"utc":"2024-02-29T15:00:00.002Z"'
	import_all
	enter_deletion "{\"fact\":\"absent\",\"seq\":1,$utc}" \
		"{\"datastore\":\"gone\",\"fact\":\"look\",\"hypervisor\":\"gone\",\"left\":[],\"seq\":2,\"storage\":\"none\",$utc}" \
		"{\"fact\":\"refused\",\"reason\":\"code-differs\",\"seq\":3,$utc}"
	run_haiki inventory list vms --json
	assert_json '[.vms[].state] == ["deleting", "there", "there"]'
	run_haiki inventory show M1 --json
	assert_json '[.vms[0].deletion.facts[].fact] == ["absent", "look", "refused"] and .vms[0].deletion.contract == "C1"'
	run_haiki inventory show M1
	grep -q 'hypervisor: gone, datastore: gone, storage: none to ask' "$CASE/out"
	grep -q 'the platform bears another service code' "$CASE/out"
	# Whose it is stands still from now on; what people call it does not.
	run_haiki inventory vm change M1 --service-code SV-2
	assert_exit 3
	run_haiki inventory vm change M1 --platform dc2
	assert_exit 3
	run_haiki inventory vm change M1 --name 旧窓口
	assert_exit 0
	# What was changed behind its back is not told as if nothing had been.
	sqlite3 "$STATE/haiki.db" "DROP TRIGGER deletion_fact_refuse_update;
		UPDATE deletion_fact SET fact = replace(fact, 'gone', 'none') WHERE seq = 2"
	run_haiki inventory show M1 --json
	assert_exit 1
	assert_json '.error.code == "store-corrupt"'
}

# Who was told, and by which mail.
told() {
	import_all
	sqlite3 "$STATE/haiki.db" "INSERT INTO notice VALUES (1, 1, 'before', 19780, 'customer', '2024-02-19', 'n1@h', 'uncertain', 5, 1)"
	run_haiki inventory show K-1 --json
	assert_json '.contracts[0].notices[0] | .state == "uncertain" and .day == "2024-02-27" and .message_id == "n1@h"'
	run_haiki inventory show K-1
	assert_exit 0
	grep -q 'look for its Message-ID.*n1@h' "$CASE/out"
}

# Many are listed in one go.
many() {
	import_all
	{
		echo uuid,service_code,name
		seq -f 'aaaaaaaa-0000-4000-8000-%012.0f,SV-1,vm' 1 10000
	} >"$CASE/many.csv"
	run_haiki inventory import "$CASE/many.csv"
	assert_exit 0
	run_haiki inventory list vms --json
	assert_json '.vms | length == 10003'
}

check "VMs are imported, and when each is due follows from the contracts for its service" imported
check "what is exported is imported and exported again byte for byte" round_trip
check "each wrong line is reported, and nothing is entered" refused
check "VMs and contracts' services by hand" by_hand
check "a VM shows the holds on it, on its tenant and on its volumes" held
check "a VM shows what was done to it, and keeps whose it is" deleted
check "a contract shows who was told" told
check "ten thousand VMs" many
finish
