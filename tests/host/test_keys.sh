#!/bin/bash
# Keys over the years: passphrases, rotation, revocation, a second person, the organisation's own CA.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# secret NAME TEXT: a file that only its owner can read.
secret() {
	(umask 077 && printf '%s\n' "$2" >"$CASE/$1")
}

# Records of keys in the ledger: "made ca", one a line.
key_records() {
	sqlite3 "$STATE/haiki.db" "SELECT record FROM ledger_record WHERE kind = 'key' ORDER BY number" |
		jq --raw-output '.body.action + " " + .body.which'
}

# has_record LINE COUNT
has_record() {
	assert_same "$2" "$(key_records | grep -cx "$1")" "records \"$1\""
}

# A drive that A. Person wiped; FILE is its certificate, JOB its job.
wiped() {
	local device
	make_drive device $MIB
	wipe "$device" --operator "A. Person"
	assert_exit 0
	FILE=$(certificate_of)
	JOB=$(job_of)
	NAME=$(basename "$FILE" .json)
}

# person FOLDER NAME ROLE: a person's key; its passphrase is "of NAME".
person() {
	secret "$1.pass" "of $2"
	run_haiki report key person "$2" --title Manager --role "$3" --out "$CASE/$1" \
		--passphrase "$CASE/$1.pass" --json
	assert_exit 0
}

# countersign FOLDER ROLE [WORD…]
countersign() {
	local folder=$1 role=$2
	shift 2
	run_haiki report sign "$NAME" --role "$role" --key "$CASE/$folder" \
		--passphrase "$CASE/$folder.pass" --json "$@"
}

signers_of() {
	openssl cms -cmsout -print -inform DER -in "${1%.json}.p7s" | grep -c 'd.issuerAndSerialNumber:'
}

# ---- passphrases ----

under_passphrase() {
	need openssl jq sqlite3
	secret pass "open sesame"
	configure "[keys]" "passphrase = $CASE/pass"
	run_haiki report key init --passphrase
	assert_exit 0
	for key in ca signer ledger; do
		grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$STATE/keys/$key.key"
		openssl pkey -in "$STATE/keys/$key.key" -passin "pass:open sesame" -noout
	done
	openssl asn1parse -in "$STATE/keys/signer.key" | grep -q 'scrypt'
	wiped
	assert_record "$FILE" proven
}

passphrase_refused() {
	local device before
	need sqlite3
	secret pass right
	configure "[keys]" "passphrase = $CASE/pass"
	run_haiki report key init --passphrase
	assert_exit 0
	make_drive device $MIB
	before=$(digest_of "$device")
	secret pass wrong
	wipe "$device"
	assert_exit 7
	assert_code keys-passphrase-wrong
	chmod 640 "$CASE/pass"
	wipe "$device"
	assert_exit 7
	rm "$CASE/pass"
	wipe "$device"
	assert_exit 7
	secret pass ""
	wipe "$device"
	assert_exit 7
	assert_code keys-passphrase
	configure
	wipe "$device"
	assert_exit 7
	assert_code keys-locked
	assert_same "$before" "$(digest_of "$device")" "the drive was touched"
	if grep -rq -e right -e wrong "$CASE/out" "$CASE/err"; then fail "a passphrase was printed"; fi
}

by_credential() {
	mkdir -m 700 "$CASE/credentials"
	secret credentials/haiki-passphrase "from systemd"
	export CREDENTIALS_DIRECTORY=$CASE/credentials
	run_haiki report key init --passphrase
	assert_exit 0
	run_haiki report key show
	assert_exit 0
	unset CREDENTIALS_DIRECTORY
	run_haiki report key show --json
	assert_exit 7
	assert_code keys-locked
}

passphrase_not_configured() {
	run_haiki report key init --passphrase --json
	assert_exit 2
	assert_code keys-passphrase
	[ ! -e "$STATE/keys" ]
}

# ---- over the years ----

rotated() {
	local old
	need sqlite3
	make_keys
	wiped
	old=$FILE
	run_haiki report key rotate --json
	assert_exit 0
	assert_json '.retired.serial_number != .signer.serial_number'
	[ -e "$STATE/keys/retired/signer-$(jq -r .retired.serial_number "$CASE/out").crt" ]
	[ ! -e "$STATE/keys/next" ]
	has_record "made signer" 1
	has_record "retired signer" 1
	has_record "taken signer" 1
	assert_record "$old" proven
	wiped
	assert_record "$FILE" proven
}

# Cut where the old key is replaced and the certificate is not: nothing is signed until it is finished.
rotation_cut() {
	make_keys
	cp -r "$STATE/keys" "$CASE/before"
	run_haiki report key rotate
	assert_exit 0
	mkdir -m 700 "$STATE/keys/next"
	cp "$CASE/before/signer.crt" "$STATE/keys/next/old-signer.crt"
	mv "$STATE/keys/signer.crt" "$STATE/keys/next/signer.crt"
	cp "$CASE/before/signer.crt" "$STATE/keys/signer.crt"
	run_haiki report key show --json
	assert_exit 7
	assert_code keys-mismatch
	grep -q 'key rotate' "$CASE/out"
	run_haiki report key rotate --json
	assert_exit 0
	run_haiki report key show
	assert_exit 0
	[ ! -e "$STATE/keys/next" ]
}

# injured FAMILY NUMBER WORD…: run haiki and kill it at that call, or let the call fail (CUT=fail).
injured() {
	local kill=INJECT_KILL=1
	[ "${CUT:-kill}" = kill ] || kill=INJECT_FORGIVE=1
	WRAPPER="env INJECT_FAMILY=$1 INJECT_AT=$2 $kill INJECT_COUNT=$CASE/count LD_PRELOAD=$TOOLS/inject.so" \
		run_haiki "${@:3}"
}

# Killed at each rename and each flush, and with each of them failing: no key is lost, and doing it again ends with
# keys that sign.
rotation_cut_anywhere() {
	local family number total
	need sqlite3
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/inject.so" || skip "inject.so cannot be built"
	if ldd "$HAIKI" | grep -q libasan; then skip "a sanitizer takes the calls first"; fi
	make_keys
	for family in rename flush; do
		CUT=fail injured "$family" 0 report key rotate
		assert_exit 0
		total=$(cat "$CASE/count")
		[ "$total" -ge 5 ] || fail "only $total calls of $family were seen"
		for CUT in kill fail; do
			for number in $(seq 1 "$total"); do
				injured "$family" "$number" report key rotate
				[ "$CUT" = fail ] || assert_exit 137 0
				run_haiki report key rotate
				assert_exit 0
				run_haiki report key show
				assert_exit 0
				[ ! -e "$STATE/keys/next" ] || fail "$CUT $family $number: next is left"
			done
		done
	done
	wiped
	assert_record "$FILE" proven
	run_haiki report ledger export "$CASE/ledger"
	assert_exit 0
}

ends_soon() {
	need faketime
	make_keys
	run_haiki report key show --json
	assert_exit 0
	[ ! -s "$CASE/err" ] || fail "a warning eleven years before: $(cat "$CASE/err")"
	WRAPPER="faketime -f +3950d" run_haiki report key show --json
	assert_exit 0
	assert_json '.days_left < 90'
	grep -q 'key rotate' "$CASE/err" || fail "no warning: $(cat "$CASE/err")"
	WRAPPER="faketime -f +4100d" run_haiki report key show --json
	assert_exit 7
	assert_code signer-expired
	WRAPPER="faketime -f +4100d" run_haiki report key rotate
	assert_exit 0
	WRAPPER="faketime -f +4100d" run_haiki report key show
	assert_exit 0
}

revoked_signer() {
	local device number
	need sqlite3
	make_keys
	wiped
	run_haiki report key show --json
	number=$(jq -r .signer.serial_number "$CASE/out")
	run_haiki report key revoke "$number" --json
	assert_exit 2
	run_haiki report key revoke "${number,,}" --reason key-compromise --json
	assert_exit 0
	has_record "revoked signer" 1
	openssl crl -in "$STATE/keys/ca.crl" -CAfile "$STATE/keys/ca.crt" -noout -text >"$CASE/crl" 2>&1
	grep -q 'verify OK' "$CASE/crl"
	grep -q "$number" "$CASE/crl"
	grep -q 'Key Compromise' "$CASE/crl"
	make_drive device $MIB
	wipe "$device"
	assert_exit 7
	assert_code signer-revoked
	run_haiki report key revoke "$number" --reason superseded --json
	assert_exit 2
	assert_code key-revoked
	run_haiki report key rotate
	assert_exit 0
	wipe "$device"
	assert_exit 0
}

revoke_refused() {
	need openssl
	make_keys
	run_haiki report key revoke 0123456789 --reason superseded --json
	assert_exit 2
	assert_code key-unknown
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$CASE/x.key" \
		-out "$CASE/x.crt" -subj /CN=other -days 1 2>"$CASE/log"
	run_haiki report key revoke "$CASE/x.crt" --reason superseded --json
	assert_exit 2
	assert_code key-not-ours
	run_haiki report key revoke "$STATE/keys/ca.crt" --reason superseded --json
	assert_exit 2
	assert_code key-not-ours
}

# A folder of an older haiki gets the ledger's key, and nothing else changes.
older_folder() {
	need sqlite3
	make_keys
	rm "$STATE/keys/ledger.key" "$STATE/keys/ledger.vkey" "$STATE/haiki.db"
	sha256sum "$STATE"/keys/* >"$CASE/sums"
	run_haiki report key show --json
	assert_exit 7
	assert_code keys-missing
	run_haiki report key init
	assert_exit 0
	sha256sum --check --quiet "$CASE/sums"
	has_record "made ledger" 1
	has_record "made ca" 0
	run_haiki report key init --json
	assert_exit 3
	assert_code keys-exist
}

# ---- a second person ----

two_signers() {
	need openssl jq sqlite3
	make_keys
	person sato "佐藤 花子" approver
	person wada "W. Wada" witness
	wiped
	countersign sato approver
	assert_exit 0
	assert_json '.person == "佐藤 花子" and .role == "approver"'
	assert_same 2 "$(signers_of "$FILE")"
	openssl cms -verify -cades -binary -inform DER -in "${FILE%.json}.p7s" -content "$FILE" \
		-CAfile "$STATE/keys/ca.crt" -out /dev/null 2>"$CASE/openssl" || fail "$(cat "$CASE/openssl")"
	countersign wada witness
	assert_exit 0
	assert_same 3 "$(signers_of "$FILE")"
	openssl cms -verify -cades -binary -inform DER -in "${FILE%.json}.p7s" -content "$FILE" \
		-CAfile "$STATE/keys/ca.crt" -out /dev/null 2>"$CASE/openssl" || fail "$(cat "$CASE/openssl")"
	assert_record "$FILE" proven
	verify_certificate "${FILE%.json}.pdf"
	assert_exit 0
	assert_json '.certificates[0].persons | map(.role) | sort == ["approver", "witness"]'
	run_haiki verify certificate "$FILE" --trust "$STATE/keys/ca.crt"
	grep -q '  signed by .*CN=佐藤 花子,.*(approver)' "$CASE/out"
	run_haiki report ledger export "$CASE/ledger"
	assert_exit 0
	run_haiki verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" --json
	assert_exit 0
	if command -v pdfdetach >/dev/null; then
		pdfdetach -savefile "$(basename "$FILE" .json).p7s" -o "$CASE/attached.p7s" "${FILE%.json}.pdf"
		cmp "$CASE/attached.p7s" "${FILE%.json}.p7s"
	fi
	sqlite3 "$STATE/haiki.db" "SELECT record FROM ledger_record WHERE kind = 'signature'" |
		jq --exit-status --slurp 'length == 2 and .[0].body.role == "approver" and
			.[1].body.person == "W. Wada"' >/dev/null
}

# Nobody is the second of himself, and a key is for its role.
second_refused() {
	need openssl jq sqlite3
	make_keys
	person operator "a.person" approver
	person sato "S. Sato" approver
	person again "s  sato." witness
	wiped
	cp "${FILE%.json}.p7s" "$CASE/before.p7s"
	countersign operator approver
	assert_exit 3
	assert_code person-operator
	countersign sato witness
	assert_exit 3
	assert_code signer-not-allowed
	secret sato.pass "not this"
	countersign sato approver
	assert_exit 7
	assert_code keys-passphrase-wrong
	secret sato.pass "of S. Sato"
	cmp "${FILE%.json}.p7s" "$CASE/before.p7s"
	countersign sato approver
	assert_exit 0
	countersign sato approver
	assert_exit 3
	assert_code person-signed
	run_haiki report key revoke "$CASE/sato/person.crt" --reason affiliation-changed
	assert_exit 0
	wiped
	countersign sato approver
	assert_exit 3
	assert_code signer-revoked
	assert_same 1 "$(signers_of "$FILE")"
}

without_operator() {
	local device
	need jq
	make_keys
	person sato "S. Sato" approver
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	NAME=$(basename "$(certificate_of)" .json)
	countersign sato approver
	assert_exit 3
	assert_code operator-unknown
	NAME=no-such-certificate
	countersign sato approver
	assert_exit 2
	assert_code certificate-unknown
}

# What a witness holds must not become a certificate of its own.
person_cannot_issue() {
	need openssl jq
	make_keys
	person sato "S. Sato" witness
	wiped
	openssl pkey -in "$CASE/sato/person.key" -passin "pass:of S. Sato" -out "$CASE/person.key"
	openssl cms -sign -cades -binary -md sha256 -in "$FILE" -signer "$CASE/sato/person.crt" \
		-inkey "$CASE/person.key" -certfile "$STATE/keys/ca.crt" -nosmimecap -outform DER \
		-out "${FILE%.json}.p7s"
	verify_certificate "$FILE"
	assert_exit 1
	assert_json '.certificates[0].valid == 0'
	assert_code signer-not-allowed
	cp "$CASE/sato/person.crt" "$STATE/keys/signer.crt"
	(umask 077 && cp "$CASE/person.key" "$STATE/keys/signer.key")
	run_haiki report key show --json
	assert_exit 7
	assert_code signer-not-allowed
}

# ---- the organisation's own CA ----

# other_ca: a root and a CA between in $CASE/pki.
other_ca() {
	mkdir "$CASE/pki"
	(
		cd "$CASE/pki"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout root.key -out root.crt \
			-subj "/O=City/CN=Root" -days 9000 -addext "keyUsage=critical,keyCertSign,cRLSign"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout middle.key -out middle.csr \
			-subj "/O=City/CN=Middle"
		printf '%s\n' "basicConstraints=critical,CA:TRUE,pathlen:0" \
			"keyUsage=critical,keyCertSign,cRLSign" >middle.ext
		openssl x509 -req -in middle.csr -CA root.crt -CAkey root.key -CAcreateserial -days 8000 \
			-extfile middle.ext -out middle.crt
	) >"$CASE/log" 2>&1
}

# answer: sign the request $CASE/request.pem; the chain is $CASE/chain.pem.
answer() {
	openssl x509 -req -in "$CASE/request.pem" -CA "$CASE/pki/middle.crt" -CAkey "$CASE/pki/middle.key" \
		-CAcreateserial -days 4000 -copy_extensions copy -out "$CASE/pki/signer.crt" 2>"$CASE/log"
	cat "$CASE/pki/root.crt" "$CASE/pki/signer.crt" "$CASE/pki/middle.crt" >"$CASE/chain.pem"
}

own_ca() {
	local old
	need openssl jq sqlite3
	make_keys
	wiped
	old=$FILE
	cp "$STATE/keys/ca.crt" "$CASE/old-ca.crt"
	other_ca
	run_haiki report key request --out "$CASE/request.pem"
	assert_exit 0
	openssl req -in "$CASE/request.pem" -verify -noout 2>"$CASE/log"
	# Until the answer comes the old key signs.
	run_haiki report key show
	assert_exit 0
	answer
	run_haiki report key accept "$CASE/chain.pem" --json
	assert_exit 0
	assert_json '.issuer.subject | test("CN=Root")'
	cmp "$STATE/keys/ca.crt" "$CASE/pki/root.crt"
	[ ! -e "$STATE/keys/ca.key" ] && [ ! -e "$STATE/keys/request.key" ] && [ ! -e "$STATE/keys/next" ]
	has_record "taken ca" 1
	has_record "retired ca" 1
	wiped
	assert_record "$FILE" proven
	openssl cms -verify -cades -binary -inform DER -in "${FILE%.json}.p7s" -content "$FILE" \
		-CAfile "$CASE/pki/root.crt" -out /dev/null 2>"$CASE/openssl" || fail "$(cat "$CASE/openssl")"
	run_haiki verify certificate "$old" --trust "$CASE/old-ca.crt"
	assert_exit 0
	# It is not our CA any more that rotates.
	run_haiki report key rotate --json
	assert_exit 2
	assert_code ca-not-ours
}

own_ca_refused() {
	need openssl jq
	make_keys
	other_ca
	run_haiki report key accept "$CASE/pki/root.crt"
	assert_exit 7
	grep -q "haiki report key request" "$CASE/err"
	run_haiki report key request --out "$CASE/request.pem"
	assert_exit 0
	answer
	sha256sum "$STATE"/keys/* >"$CASE/sums"
	# Without the CA between, without the root, and for another key.
	cat "$CASE/pki/root.crt" "$CASE/pki/signer.crt" >"$CASE/no-middle.pem"
	run_haiki report key accept "$CASE/no-middle.pem" --json
	assert_exit 1 2 7
	cat "$CASE/pki/signer.crt" "$CASE/pki/middle.crt" >"$CASE/no-root.pem"
	run_haiki report key accept "$CASE/no-root.pem" --json
	assert_exit 2
	assert_code chain-incomplete
	cat "$CASE/pki/root.crt" "$CASE/pki/middle.crt" "$STATE/keys/signer.crt" >"$CASE/other.pem"
	run_haiki report key accept "$CASE/other.pem" --json
	assert_exit 2
	assert_code chain-incomplete
	sha256sum --check --quiet "$CASE/sums"
	run_haiki report key show
	assert_exit 0
}

check "keys under a passphrase: scrypt, and certificates that check" under_passphrase
check "a wrong, missing, empty or open passphrase: nothing is touched, and it waits" passphrase_refused
check "the passphrase from systemd's credential" by_credential
check "a passphrase is asked for and none is configured: no keys are made" passphrase_not_configured
check "a new signer: old and new certificates check" rotated
check "a rotation that was cut is finished by doing it again" rotation_cut
check "a rotation that is killed or fails anywhere is finished by doing it again" rotation_cut_anywhere
check "keys that end soon warn; expired ones wait for a new signer" ends_soon
check "a revoked signer signs nothing more" revoked_signer
check "only what our CA issued is revoked" revoke_refused
check "an older key folder gets the ledger's key" older_folder
check "approver and witness sign beside the issuer" two_signers
check "who may not sign as the second person" second_refused
check "no operator named: no second person" without_operator
check "a witness's key cannot issue" person_cannot_issue
check "the organisation's own CA" own_ca
check "an answer of the organisation's CA that does not fit changes nothing" own_ca_refused
finish
