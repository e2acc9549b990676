#!/bin/bash
# Tenants, contracts, volumes and whose they are: entered, imported, exported and shown by the real
# program, with Japanese names.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

write_files() {
	cat >"$CASE/tenants.csv" <<-'END'
		code,name,zone,service_codes,contacts,note
		CITY-A,東京都○○市,municipal,SV-1 SV-2,"山田 太郎|yamada@example.jp|+81-3-0000-0000|情報政策課
		佐藤 花子|sato@example.jp","=cmd|' /C calc'!A0
		二行目"
		CITY-B,株式会社ビー,private,SV-9,,
	END
	printf 'number,tenant,start_day,end_day\r\n第1号,CITY-A,2024-02-29,2027-03-31\r\nK-2,CITY-B,2025-04-01,\r\n' \
		>"$CASE/contracts.csv"
	cat >"$CASE/rules.csv" <<-'END'
		kind,pattern,tenant
		path,ホスト1:/srv/市/,CITY-A
		lv-tag,所有者,CITY-B
	END
	cat >"$CASE/volumes.csv" <<-'END'
		key,kind,name,size_bytes,host,path,tags,origin,tenant
		lvm:A/1,lv,vg0/業務,1073741824,ホスト1,/dev/vg0/web,"[""haiki.tenant=CITY-A""]",,
		lvm:A/2,snapshot,vg0/夜間,1073741824,ホスト1,,,lvm:A/1,
		luks:1,luks,luks-1,1073741824,ホスト1,,"[""label=haiki:CITY-B""]",,
		header:h:/root/h.img,header-backup,控え,16777216,ホスト1,/root/h.img,,luks:1,
		file:1,file,/srv/市/disk.img,1,ホスト1,/srv/市/disk.img,,,
		file:2,file,/srv/他/disk.img,1,ホスト2,/srv/市/disk.img,,,
		lvm:A/3,lv,vg0/争い,1,ホスト1,,"[""haiki.tenant=CITY-A"",""haiki.tenant=CITY-B""]",,
		lvm:A/4,lv,vg0/迷い,1,ホスト1,,"[""haiki.tenant=city-a""]",,
		lvm:A/5,lv,vg0/人,1,ホスト1,,,,CITY-B
	END
	cat >"$CASE/generations.csv" <<-'END'
		key,place,volume,created_utc,expires_utc
		夜間-1,遠隔地の棚,lvm:A/1,2027-01-01T23:00:00+09:00,2027-01-08T23:00:00+09:00
	END
}

import_all() {
	write_files
	# In the worst order: each needs one that stands behind it.
	run_haiki inventory import "$CASE"/{generations,volumes,rules,contracts,tenants}.csv "$@"
	assert_exit 0
}

imported() {
	import_all --dry-run --json
	assert_json '.entered == 0 and .dry_run == 1 and ([.counts[].added] | add) == 16'
	run_haiki inventory list tenants --json
	assert_json '.tenants == []'
	import_all --json
	assert_json '.entered == 1 and .problem_count == 0'
	import_all --json
	assert_json '([.counts[].unchanged] | add) == 16 and .changes == []'
	run_haiki inventory list volumes --json
	assert_exit 0
	assert_json '[.volumes[] | .tenant + " " + .linked_by] == ["CITY-A lv-tag", "CITY-A origin", "CITY-B luks-label",
		"CITY-B origin", "CITY-A path", " ", " conflict", " unknown-tenant", "CITY-B import"]'
}

# A long list is written another way than what is shown one by one, and says the same.
lists_say_what_show_says() {
	import_all
	run_haiki inventory list volumes --json
	jq -c '.volumes[]' "$CASE/out" >"$CASE/listed"
	jq -cS . "$CASE/out" | cmp - "$CASE/out" || fail "the list is not in its canonical spelling"
	local line=0 id
	while read -r volume; do
		id=V$((line += 1))
		run_haiki inventory show $id --json
		assert_same "$(jq -cS '.volumes[0] | del(.holds, .statements, .events)' "$CASE/out")" "$volume"
	done <"$CASE/listed"
	[ "$line" -eq 9 ]
}

# Every place, by each of its names.
shown() {
	local word
	import_all
	for word in T1 CITY-A SV-2; do
		run_haiki inventory show $word --json
		assert_exit 0
		assert_json '.tenants | length == 1'
		assert_json '.tenants[0].name == "東京都○○市" and .tenants[0].contacts[0].role == "情報政策課"'
		assert_json '[.tenants[0].volumes[].name] == ["vg0/業務", "vg0/夜間", "/srv/市/disk.img"]'
		assert_json '.tenants[0].generations[0].key == "夜間-1"'
		assert_json '[.tenants[0].places[] | .name + " " + .why] == ["vg0/争い disputed"]'
		# Nobody has seen a drive below them.
		assert_json '.tenants[0].nowhere == ["V1", "V2", "V5"]'
		assert_json '.tenants[0].contracts[0].number == "第1号"'
	done
	run_haiki inventory show CITY-A
	assert_exit 0
	grep -q '東京都○○市' "$CASE/out"
	grep -q '遠隔地の棚' "$CASE/out"
	run_haiki inventory show city-a --json
	assert_exit 1
	run_haiki inventory show 第1号 --json
	assert_json '.contracts[0].end_day == "2027-03-31"'
	run_haiki inventory show vg0/争い --json
	assert_json '.volumes[0].linked_by == "conflict" and (.volumes[0].statements | length) == 2'
}

# What is wrong stands there with its line, and nothing was entered.
refused() {
	printf 'code,nme\nA,a\n' >"$CASE/a.csv"
	printf 'code,name\nA,a\nA,b\nB b,c\n' >"$CASE/b.csv"
	printf 'number,tenant,start_day,end_day\n1,X,2027-02-29,\n2,A,2027-04-01,2027-03-31\n' >"$CASE/c.csv"
	echo 'code,name
A,東京都' | iconv -f UTF-8 -t CP932 >"$CASE/d.csv"
	run_haiki inventory import "$CASE"/{a,b,c,d}.csv --json
	assert_exit 1
	assert_json '.entered == 0'
	assert_json '[.problems[] | (.file | sub(".*/"; "")) + ":" + .place] | contains(["a.csv:1", "b.csv:3", "b.csv:4",
		"c.csv:2", "c.csv:3", "d.csv:2"])'
	assert_json '[.problems[].code] | contains(["csv-not-utf8"])'
	run_haiki inventory import "$CASE"/{a,b,c,d}.csv
	assert_exit 1
	grep -q 'b.csv:4: ' "$CASE/err"
	grep -q 'iconv -f CP932' "$CASE/err"
	run_haiki inventory list tenants --json
	assert_json '.tenants == []'
}

# Out, into another store, and out again.
round_trip() {
	local kind format
	import_all
	run_haiki inventory tenant add CITY-C --name "三番目" --contact "鈴木||03-0000" --note "'引用"
	assert_exit 0
	run_haiki inventory volume link V6 CITY-C --reason "契約書のとおり"
	assert_exit 0
	run_haiki inventory volume unlink V1 --reason 移管
	assert_exit 0
	for format in csv json; do
		mkdir "$CASE/$format"
		for kind in tenants rules contracts volumes generations; do
			run_haiki inventory export $kind --format $format --output "$CASE/$format/$kind"
			assert_exit 0
		done
		STATE=$CASE/other-$format run_haiki inventory import "$CASE/$format"/* --json
		assert_json '.entered == 1'
		for kind in tenants rules contracts volumes generations; do
			STATE=$CASE/other-$format run_haiki inventory export $kind --format $format
			assert_exit 0
			cmp "$CASE/out" "$CASE/$format/$kind" || fail "$kind as $format is another one"
		done
	done
	# Nothing that a spreadsheet would run.
	grep -q "\"'=cmd" "$CASE/csv/tenants" || fail "a formula: $(cat "$CASE/csv/tenants")"
	[ "$(stat --format %a "$CASE/csv/tenants")" = 600 ]
}

# By hand: whose it is, who said so, and that it stays.
by_hand() {
	import_all
	run_haiki inventory volume link vg0/争い CITY-B --json
	assert_exit 0
	assert_json '.volumes[0].tenant == "CITY-B" and .volumes[0].linked_by == "person"'
	run_haiki inventory volume unlink V7
	assert_exit 2
	run_haiki inventory volume relink V7 --reason "まだ決まらない" --json
	assert_json '.volumes[0].linked_by == "conflict"'
	run_haiki inventory show V7 --json
	assert_json '.volumes[0].events | map(.detail.reason // "") | contains(["まだ決まらない"])'
	run_haiki inventory volume link V7 SV-1
	assert_exit 2
	run_haiki inventory rule add path /srv/他/ CITY-B
	assert_exit 0
	run_haiki inventory rule add path /dev/sdb CITY-B
	assert_exit 2
	run_haiki inventory rule remove path ホスト1:/srv/市/
	assert_exit 0
	run_haiki inventory show V5 --json
	assert_json '.volumes[0].tenant == ""'
	run_haiki inventory tenant remove CITY-A
	assert_exit 3
	run_haiki inventory contract change K-2 --end 2024-01-01
	assert_exit 2
	run_haiki inventory contract change K-2 --end 2026-03-31 --grace-days 5
	assert_exit 0
	run_haiki inventory contract add K-3 --tenant CITY-A --start 2027-04-01 --end 2027-13-01
	assert_exit 2
	run_haiki inventory tenant change CITY-A --without-service-code SV-1 --service-code SV-3
	assert_exit 0
	run_haiki inventory list tenants --json
	assert_json '.tenants[0].service_codes == ["SV-2", "SV-3"]'
}

# A scan knows the drive; the file says what people know of it.
drives_are_labelled() {
	local device serial
	make_drive device $MIB
	serial=$(serial_of "$device")
	import_all
	printf 'serial,asset_number,tenant,site,rack,slot\n%s,資産-1,CITY-A,東京,R1,3\n' "$serial" >"$CASE/drives.csv"
	run_haiki inventory import "$CASE/drives.csv" --json
	assert_exit 1
	assert_json '.problems[0].code == "drive-unknown"'
	run_haiki inventory scan
	assert_exit 0
	run_haiki inventory import "$CASE/drives.csv" --json
	assert_exit 0
	run_haiki inventory show CITY-A --json
	assert_json "[.tenants[0].places[] | select(.kind == \"drive\") | .name + \" \" + .rack + \" \" + .why] == [\"$serial R1 labelled\"]"
	run_haiki inventory export drives
	assert_exit 0
	grep -q "^$serial,.*,資産-1,.*,東京,R1,3" "$CASE/out"
}

check "files in any order are entered at once, or not at all" imported
check "a list says of each volume what show says" lists_say_what_show_says
check "show names every place of a tenant, by ID, code and service code" shown
check "each wrong line is reported, and nothing is entered" refused
check "what is exported is imported and exported again byte for byte" round_trip
check "links, rules, contracts and services by hand" by_hand
check "drives are labelled by a file, and never made up" drives_are_labelled
finish
