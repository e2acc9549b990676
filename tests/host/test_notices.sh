#!/bin/bash
# What customers and operators are told by mail of the end of a contract, by the real program and another time of day.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

ADDRESS=office@city.example.jp

# A contract that ends on 2027-03-31, so that its VM is due on 2027-04-11; a sendmail that keeps what it gets and then
# does what "after" says.
prepare() {
	need perl sqlite3
	make --silent -C "$REPOSITORY/tests/inject" BUILD="$CASE/inject" "$CASE/inject/clock.so"
	make_keys
	configure
	cat >>"$CASE/haiki.conf" <<-END
		[deletion]
		sendmail = $CASE/sendmail
		from = haiki@dc.example.jp
		operators = ops@dc.example.jp
	END
	: >"$CASE/mails"
	echo 'exit 0' >"$CASE/after"
	printf '%s\n' '#!/bin/sh' "cat >>'$CASE/mails'" "echo >>'$CASE/mails'" ". '$CASE/after'" >"$CASE/sendmail"
	chmod +x "$CASE/sendmail"
	printf 'code,name,service_codes,contacts\nA,何々市,SV-1,窓口|%s\n' $ADDRESS >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day\nK-1,A,2024-02-29,2027-03-31\n' >"$CASE/contracts.csv"
	printf 'uuid,service_code,name\n5029e1f1-7a3c-4e0b-9d55-0c2f6a1b3e01,SV-1,web\n' >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv
	assert_exit 0
}

# on DAY [ARGUMENTS]: a run soon after one o'clock at night in Japan. Within a day both clocks go on as they do.
STARTED=$(date +%s)
on() {
	local shift_ms
	shift_ms=$((($(date -d "$1 01:00 +0900" +%s) - STARTED) * 1000))
	WRAPPER="env CLOCK_SHIFT_MS=$shift_ms CLOCK_BOOT_MS=$shift_ms CLOCK_STATUS=${WORD:-synchronised} LD_PRELOAD=$CASE/inject/clock.so${INJECT:+:$INJECT}" \
		run_haiki wipe expired "${@:2}"
}

# How many left so far.
mails() {
	grep -c '^Message-ID: ' "$CASE/mails" || true
}

# The text of all messages, by somebody else's decoder.
read_mails() {
	perl -MMIME::Base64 -MEncode -0777 -ne '
		for my $mail (split /^(?=From: )/m) {
			my ($head, $body) = split /\n\n/, $mail, 2;
			$head =~ s/\n / /g;
			print encode("UTF-8", decode("MIME-Header", $head)), "\n\n", decode_base64($body), "\n";
		}' "$CASE/mails"
}

event_count() {
	sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM event WHERE action = '$1'"
}

told_once_each() {
	prepare
	on 2027-03-11
	assert_exit 0
	assert_same 0 "$(mails)" "20 days before the first day"
	on 2027-03-12
	assert_exit 0
	assert_same 2 "$(mails)" "the customer and the operator"
	on 2027-03-12
	on 2027-03-13
	assert_same 2 "$(mails)" "once"
	# Two days were missed: the newest alone.
	on 2027-04-10
	assert_same 4 "$(mails)"
	read_mails >"$CASE/text"
	assert_same 2 "$(grep -c "^To: $ADDRESS\$" "$CASE/text")"
	assert_same 2 "$(grep -c '^To: ops@dc.example.jp$' "$CASE/text")"
	grep -qF 'Subject: 契約の終了に伴う仮想マシンの削除について (契約 K-1、2027年4月11日) / Deletion of virtual machines' "$CASE/text"
	grep -qx '何々市 御中' "$CASE/text"
	grep -qx 'To 何々市' "$CASE/text"
	assert_same 8 "$(grep -cx 'SV-1  web' "$CASE/text")"
	assert_same 4 "$(grep '^Message-ID' "$CASE/text" | sort -u | wc -l)" "each is its own"
	# Whom it went to is nobody's business but theirs.
	assert_same 4 "$(event_count notice-sent)"
	assert_same 0 "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM event WHERE action LIKE 'notice%' AND detail LIKE '%$ADDRESS%'")"
}

dry_run_tells_nobody() {
	local day
	prepare
	for day in 2027-03-12 2027-04-10 2027-04-11 2027-06-01; do
		on 2027-03-13 --dry-run --now $day
		assert_same 0 "$(mails)"
	done
	assert_same 0 "$(event_count notice-intended)"
}

# Own words: what cannot be filled in is told by a dry run already, and holds up nothing.
own_words() {
	prepare
	mkdir "$CASE/words"
	echo "templates = $CASE/words" >>"$CASE/haiki.conf"
	printf '%s\n' 'お知らせ {contract}' '' '{tenat} 様' >"$CASE/words/before.ja.txt"
	on 2027-03-13 --dry-run
	assert_exit 1
	grep -qF 'before.ja.txt, line 3: there is no such word: {tenat}' "$CASE/out"
	on 2027-03-13
	assert_exit 1
	assert_same 0 "$(mails)"
	sed -i 's/{tenat}/{tenant}/' "$CASE/words/before.ja.txt"
	on 2027-03-13 --dry-run
	assert_exit 0
	on 2027-03-14
	assert_exit 0
	assert_same 2 "$(mails)"
	read_mails >"$CASE/text"
	grep -q '^Subject: お知らせ K-1 / Deletion of' "$CASE/text"
	grep -qx '何々市 様' "$CASE/text"
}

moved_end() {
	prepare
	on 2027-03-13
	assert_same 2 "$(mails)"
	run_haiki inventory contract change K-1 --end 2027-04-30
	assert_exit 0
	# Due on 2027-05-11: 30 days before that is 2027-04-11.
	on 2027-04-10
	assert_same 2 "$(mails)"
	on 2027-04-11
	assert_same 4 "$(mails)"
	read_mails | grep -q 'K-1、2027年5月11日'
}

sendmail_that_fails() {
	prepare
	echo 'exit 75' >"$CASE/after"
	on 2027-03-13
	assert_exit 1
	assert_same 2 "$(event_count notice-failed)"
	echo 'exit 0' >"$CASE/after"
	on 2027-03-14
	assert_exit 0
	assert_same 2 "$(event_count notice-sent)"
	# What was not taken and what was have one identifier.
	assert_same 2 "$(grep '^Message-ID' "$CASE/mails" | sort -u | wc -l)"
	on 2027-03-15
	assert_same 4 "$(mails)"
}

killed_while_it_is_sent() {
	prepare
	# shellcheck disable=SC2016 # by the sendmail
	echo 'kill -9 $PPID' >"$CASE/after"
	on 2027-03-13
	assert_same 1 "$(mails)"
	echo 'exit 0' >"$CASE/after"
	on 2027-03-14
	# The customer may have it; the operator, who came behind, has not.
	assert_same 1 "$(event_count notice-uncertain)"
	assert_same 2 "$(mails)"
	assert_same 1 "$(grep -c "^To: $ADDRESS\$" "$CASE/mails")"
	on 2027-03-15
	assert_same 2 "$(mails)"
}

# The same at each moment when the store makes something durable: whoever is killed there has sent it, or knows not whether
# it did, and never sends it again.
killed_anywhere() {
	local at=0 customer uncertain
	prepare
	make --silent -C "$REPOSITORY/tests/inject" BUILD="$CASE/inject" "$CASE/inject/inject.so"
	cp -a "$STATE" "$CASE/before"
	while :; do
		at=$((at + 1))
		[ $at -lt 200 ] || fail "it came to no end"
		rm -rf "$STATE" && cp -a "$CASE/before" "$STATE"
		: >"$CASE/mails"
		INJECT="$CASE/inject/inject.so INJECT_FAMILY=flush INJECT_KILL=1 INJECT_AT=$at" on 2027-03-13
		[ "$STATUS" -ne 0 ] || break
		grep -q 'ended by signal 9' "$CASE/err"
		on 2027-03-14
		assert_exit 0
		on 2027-03-15
		assert_exit 0
		for who in "$ADDRESS" ops@dc.example.jp; do
			[ "$(grep -c "^To: $who\$" "$CASE/mails")" -le 1 ] || fail "killed at $at, $who was told twice"
		done
		customer=$(mails)
		uncertain=$(event_count notice-uncertain)
		# One of the two may have left just before the end.
		[ $((customer + uncertain)) -ge 2 ] && [ "$uncertain" -le 1 ] ||
			fail "killed at $at: $customer mails, $uncertain uncertain"
	done
	[ $at -gt 4 ] || fail "it was killed only $((at - 1)) times"
}

clock_that_cannot_be_believed() {
	prepare
	WORD=unsynchronised on 2027-03-13
	assert_exit 3
	assert_same 0 "$(mails)"
	on 2027-03-20
	assert_same 2 "$(mails)"
	# Set back: what was told is still told.
	on 2027-03-12
	assert_exit 3
	assert_same 2 "$(mails)"
}

check "on its days the end of a contract is told, once each" told_once_each
check "a dry run tells nobody" dry_run_tells_nobody
check "own words, of which one is unknown at first" own_words
check "a last day that was moved is told anew" moved_end
check "a message that was not taken is tried again" sendmail_that_fails
check "killed while sendmail has it: no second mail" killed_while_it_is_sent
check "killed wherever something is made durable: no second mail, and none forgotten" killed_anywhere
check "a clock that cannot be believed: nobody is told" clock_that_cannot_be_believed
finish
