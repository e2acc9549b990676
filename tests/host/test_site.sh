#!/bin/bash
# The site of certificates, in a real browser, from files alone: it checks what is good, refuses each forgery by
# its own name, and asks nothing of any network.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/browser.sh"

HOSTILE=$'<script>alert("1")</script>\'&amp; \u202Egnp.\u202C'

# ---- certificates ----

# One drive, truly erased: FILE is its certificate.
one_wiped() {
	local device
	make_keys
	make_drive device $MIB
	wipe "$device" --ticket T-1
	assert_exit 0
	FILE=$(certificate_of)
}

sign() {
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -in "$1" -out "${1%.json}.p7s" \
		-signer "$STATE/keys/signer.crt" -inkey "$STATE/keys/signer.key" -certfile "$STATE/keys/ca.crt"
}

# enter_like NAME FILTER: one more certificate in the store and the folder, made from FILE by a jq filter.
enter_like() {
	local file=$STATE/certificates/$1.json
	jq --compact-output --sort-keys --join-output --arg name "$1" ".name = \$name | $2" "$FILE" >"$file"
	sign "$file"
	sqlite3 "$STATE/haiki.db" "INSERT INTO certificate
		SELECT '$1', job_id, (SELECT max(number) + 1 FROM certificate), issued_utc_ms, evidence_count,
			'$(jq --raw-output .verdict.outcome "$file")', '$(sha256sum <"$file" | cut -d ' ' -f 1)',
			CAST(readfile('$file') AS TEXT), lower(hex(readfile('${file%.json}.p7s')))
		FROM certificate WHERE number = 1"
}

# ---- a ledger, made without haiki ----

hash_of() {
	# shellcheck disable=SC2059 # the bytes
	{ printf "$1" && shift && cat "$@"; } | openssl dgst -sha256 -binary
}

make_ledger_key() {
	openssl genpkey -algorithm ed25519 -out "$CASE/ledger.key" 2>/dev/null
	{
		printf '\1'
		openssl pkey -in "$CASE/ledger.key" -pubout -outform DER | tail -c 32
	} >"$CASE/ledger.public"
	LEDGER=haiki/test
	KEY_ID=$({ printf '%s\n' "$LEDGER" && cat "$CASE/ledger.public"; } | sha256sum | head -c 8)
	echo "$LEDGER+$KEY_ID+$(base64 -w 0 "$CASE/ledger.public")" >"$STATE/keys/ledger.vkey"
}

# prove FILE: FILE's proof beside it; record 1 of a tree of three.
prove() {
	local base=${1%.json} head=$CASE/head
	jq --compact-output --sort-keys --join-output --arg sha256 "$(sha256sum <"$1" | cut -d ' ' -f 1)" '{
		format: "haiki-record", format_version: 1, index: 1, kind: "certificate", salt: ("0" * 32),
		utc: .issued_utc, body: { name, sha256: $sha256, outcome: .verdict.outcome } }' "$1" >"$CASE/record"
	openssl dgst -sha256 -binary "$CASE/record" >"$CASE/entry"
	hash_of '\0' "$CASE/entry" >"$CASE/leaf"
	hash_of 'left' >"$CASE/left"
	hash_of 'right' >"$CASE/right"
	hash_of '\1' "$CASE/left" "$CASE/leaf" >"$CASE/node"
	hash_of '\1' "$CASE/node" "$CASE/right" >"$CASE/root"
	printf '%s\n3\n%s\n' "$LEDGER" "$(base64 "$CASE/root")" >"$head"
	openssl pkeyutl -sign -rawin -inkey "$CASE/ledger.key" -in "$head" -out "$head.signature"
	{
		echo "c2sp.org/tlog-proof@v1"
		echo "extra $(base64 -w 0 "$CASE/record")"
		printf 'index 1\n%s\n%s\n\n' "$(base64 "$CASE/left")" "$(base64 "$CASE/right")"
		cat "$head"
		printf '\n— %s %s\n' "$LEDGER" \
			"$({ printf '%b' "$(sed 's/../\\x&/g' <<<"$KEY_ID")" && cat "$head.signature"; } | base64 -w 0)"
	} >"$base.proof"
}

# ---- the site ----

write_site() {
	run_haiki report site "$CASE/site" --json "$@"
	assert_exit 0
}

page_of() {
	echo "file://$CASE/site/c/$1.html"
}

checked='document.getElementById("checks").dataset.result !== undefined'

whole_site() {
	local name
	one_wiped
	make_ledger_key
	prove "$FILE"
	name=$(basename "$FILE" .json)
	write_site
	assert_json '.certificates == 1 and .proven == 1 and .not_proven == 0'
	start_browser
	open_page "$(page_of "$name")"
	eventually "$checked"

	open_page "file://$CASE/site/index.html"
	eventually 'document.getElementById("rows").dataset.found === "1"'

	assert_quiet
}
check "whole site" whole_site
finish
