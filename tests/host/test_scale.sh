#!/bin/bash
# Large stores: what a list or a show costs does not grow with each row. Counted in statements and
# judged by the plans of SQLite, since times say nothing on a busy machine (those: tests/bench/scale).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

BUILT=$(dirname "$HAIKI")

prepare() {
	need sqlite3
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer takes the calls first"
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/statements.so"
	[ -x "$BUILT/tests/bench/fill_store" ] || skip "tests/bench/fill_store is not built: make test-programs"
}

# fill STORE DRIVES VOLUMES TENANTS
fill() {
	mkdir -p "$1"
	"$BUILT/tests/bench/fill_store" "$1/haiki.db" "$2" "$3" "$4"
}

# Nouns of the list, and for each something to show of it.
NOUNS="drives arrays volumes tenants contracts holds events custody"
SHOWN="D6 ZC00000006 naa.5000C50000000006 A2 V5 T3 T000003"

# run_counted FOLDER WORD…: into $CASE/statements; false when there is no such noun or thing.
run_counted() {
	STATE=$1
	shift
	: >"$CASE/statements"
	WRAPPER="env STATEMENTS=$CASE/statements LD_PRELOAD=$TOOLS/statements.so" run_haiki inventory "$@"
	[ "$STATUS" -eq 0 ] && return 0
	grep -qE '"code":"(noun-unknown|unknown)"|no list called|knows no' "$CASE/out" "$CASE/err" || {
		show_last_run
		fail "inventory $* ended with $STATUS"
	}
	return 1
}

# The same number of statements for ten times as many rows.
assert_same_count() {
	local small large
	run_counted "$CASE/small" "$@" || return 0
	small=$(wc -l <"$CASE/statements")
	[ "$small" -gt 0 ] || fail "inventory $* ran no statement: nothing was counted"
	run_counted "$CASE/large" "$@" || fail "inventory $* works only in a small store"
	large=$(wc -l <"$CASE/statements")
	[ "$large" -eq "$small" ] || {
		sort "$CASE/statements" | uniq -c | sort -rn | head -n 5
		fail "inventory $*: $small statements for few rows, $large for many"
	}
	echo "inventory $*: $small statements"
	counted=$((counted + 1))
}

lists_run_as_many_statements_for_many_rows_as_for_few() {
	local noun form counted=0
	prepare
	fill "$CASE/small" 40 100 20
	fill "$CASE/large" 400 1000 200
	for noun in $NOUNS; do
		for form in "" --json; do
			assert_same_count list "$noun" $form
		done
	done
	[ "$counted" -ge 2 ] || fail "only $counted lists were counted"
}

shows_run_as_many_statements_in_a_large_store_as_in_a_small_one() {
	local word counted=0
	prepare
	fill "$CASE/small" 40 40 20
	fill "$CASE/large" 400 400 200
	for word in $SHOWN; do
		# What belongs to one thing is as much in both.
		assert_same_count show "$word" --json
	done
	[ "$counted" -ge 3 ] || fail "only $counted shows were counted"
}

TABLES="drive|raid_array|volume|tenant|service_code|contract|stands_on|link_rule|job|job_drive|evidence|certificate|event|layer|sighting|hold|flag|generation|journal"

# What a statement may walk through, once for each event that matters: it has a few thousand rows.
SHORT="tenant|service_code"

# walked SQL: what its plan walks through from end to end: tables, by their name or as the statement
# calls them. What it makes itself on the way (WITH) is as small as its result, and an index of some
# rows only (WHERE) has no others.
walked() {
	local name some
	some=$(sqlite3 "$CASE/large/haiki.db" "SELECT group_concat(name, '|') FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
	sqlite3 "$CASE/large/haiki.db" "EXPLAIN QUERY PLAN $1" | grep -vE "SCAN [a-z_]* USING (COVERING )?INDEX (${some:-none})\$" |
		sed -n 's/^[ |`-]*SCAN \([a-z_]*\).*/\1/p' | sort -u |
		while read -r name; do
			grep -qE "JOIN ($SHORT) (AS )?$name ON e\.detail LIKE" <<<"$1" && continue
			if [[ $name =~ ^($TABLES)$ ]] || grep -qE "(FROM|JOIN) ($TABLES) (AS )?$name\\>" <<<"$1"; then
				echo "$name"
			fi
		done
}

# No show walks through a table, or through the whole of an index.
shows_find_by_index() {
	local word sql names seen=0
	prepare
	fill "$CASE/large" 400 400 200
	names=$(walked "SELECT name FROM volume v WHERE v.size_bytes = 1")
	assert_same "$names" v "a walk is not noticed"
	for word in $SHOWN; do
		run_counted "$CASE/large" show "$word" || continue
		while read -r sql; do
			[[ $sql == SELECT* || $sql == WITH* ]] || continue
			[[ $sql != *" meta "* && $sql != *sqlite_master* ]] || continue
			seen=$((seen + 1))
			names=$(walked "$sql")
			[ -z "$names" ] || fail "inventory show $word walks through $names: $sql"
		done < <(sort -u "$CASE/statements")
	done
	[ "$seen" -gt 10 ] || fail "only $seen statements were seen"
}

check "a list runs as many statements for many rows as for few" lists_run_as_many_statements_for_many_rows_as_for_few
check "a show runs as many statements in a large store as in a small one" \
	shows_run_as_many_statements_in_a_large_store_as_in_a_small_one
check "a show finds by index" shows_find_by_index
finish
