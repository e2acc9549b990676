#!/bin/bash
# The commands by which README shows certificates, ledger, audit, keys and the check without haiki: run as they
# stand there, with real names in the place of NAME, JOB, FILE, OFFSET …
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/authority.sh"

VERIFIER=$(dirname "$HAIKI")/haiki-verify
declare -A NAMES # what stands in README, and what it is here

# commands BEGINNING END: the commands between two lines of README, without their explanations.
commands() {
	awk -v from="$1" -v to="$2" 'index($0, from) == 1 { on = 1 } index($0, to) == 1 { on = 0 } on && /^    /' \
		"$REPOSITORY/README.md" | sed -E 's/^ +//; s/ +# .*$//; s/ +#$//'
}

all_commands() {
	commands "A certificate is four files" "Every command has"
	commands "## Check a certificate without haiki" "The key on the certificate"
}

# The programs as installed ones would be found, with the settings of this case.
haiki() {
	# shellcheck disable=SC2046
	"$HAIKI" "$@" $(haiki_settings)
}
haiki-verify() {
	"$VERIFIER" "$@"
}

# readme TEXT: run the commands of README that begin with it; there must be one. Their output is in $CASE/out.
readme() {
	local line word found=
	while read -r line; do
		[[ $line == "$1"* ]] || continue
		found=1
		echo "$line" >>"$CASE/run"
		# In two steps, so that nothing is replaced within a name that has just been put there.
		for word in "${!NAMES[@]}"; do
			line=${line//"$word"/$'\x01'"$(printf '%s' "$word" | od -An -v -tu1 | tr -d ' \n')"$'\x01'}
		done
		for word in "${!NAMES[@]}"; do
			line=${line//$'\x01'"$(printf '%s' "$word" | od -An -v -tu1 | tr -d ' \n')"$'\x01'/"${NAMES[$word]}"}
		done
		echo "\$ $line"
		eval "$line" >"$CASE/out" 2>"$CASE/err" </dev/null || {
			cat "$CASE/out" "$CASE/err"
			fail "exit code of the command above"
		}
	done < <(all_commands)
	[ -n "$found" ] || fail "README has no command: $1"
}

# What is typed on a terminal there is the first line of a file here.
prepare() {
	need openssl jq perl pdfsig pdfdetach qpdf
	(umask 077 && echo "pass phrase" >"$CASE/passphrase")
	NAMES=(["--passphrase -"]="--passphrase $CASE/passphrase")
	mkdir "$CASE/here"
	start_authority
	cd "$CASE/here" || exit
	make_keys
	cp "$STATE/keys/ca.crt" ca.crt
	cp "$CASE/tsa/ca.crt" tsa.crt
}

# A drive that is erased, certified, signed by a second person, and gone; a contract that ended before.
one_of_each() {
	make_drive DEVICE "$MIB"
	wipe "$DEVICE" --operator "A. Technician" --ticket T-1
	assert_exit 0
	NAMES[JOB]=$(job_of)
	NAMES[NAME]=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
	haiki inventory custody "$(serial_of "$DEVICE")" returned --reason RMA --receiver "Example Storage"
	NAMES[D12]=$(serial_of "$DEVICE")
	haiki inventory tenant add CITY-A --name "千代田市"
	haiki inventory contract add C-2027-1 --tenant CITY-A --start 2020-01-01 --end 2026-01-31
	haiki inventory label "$(serial_of "$DEVICE")" --tenant CITY-A
	readme "haiki report key person"
	readme "haiki report sign"
	readme "haiki report certificate"
	readme "haiki report timestamps"
	readme "haiki report tenant"
	cp "$STATE"/certificates/* .
}

keys() {
	readme "haiki report key show"
	readme "haiki report key rotate"
	NAMES[FILE]=$(ls "$STATE"/keys/retired/*.crt)
	readme "haiki report key revoke"
	cp "$STATE/keys/ca.crl" .
}

# docs/ledger.md, "A head": what a witness does.
cosigned() {
	haiki report ledger head >newest
	openssl genpkey -algorithm ED25519 -out witness.key
	local seconds=1790000000 id public
	public=$(openssl pkey -in witness.key -pubout -outform DER | tail -c 32 | base64)
	id=$({ printf 'witness.example\n\x04' && base64 -d <<<"$public"; } | sha256sum | cut -c 1-8)
	NAMES[VKEY]="witness.example+$id+$({ printf '\x04' && base64 -d <<<"$public"; } | base64 -w 0)"
	{ printf 'cosignature/v1\ntime %d\n' $seconds && sed '/^$/,$d' newest; } >message
	openssl pkeyutl -sign -rawin -inkey witness.key -in message -out value
	{
		cat newest
		printf '\xe2\x80\x94 witness.example %s\n' "$({ printf "%b%b" "$(sed 's/../\\x&/g' <<<"$id")" \
			"$(printf '%016x' $seconds | sed 's/../\\x&/g')" && cat value; } | base64 -w 0)"
	} >cosigned
	NAMES[FILE]=cosigned
	readme "haiki report ledger cosign"
	rm newest message value cosigned witness.key
}

ledger_and_auditor() {
	cosigned
	readme "haiki report ledger export"
	cp auditor/checkpoint seen
	NAMES[CHECKPOINT]=seen
	NAMES[FOLDER]=folder
	mkdir folder
	cp "$STATE"/certificates/* folder
	readme "haiki report audit"
	readme "haiki report destroyed"
	readme "haiki report site"
	[ -e site/index.html ]
	readme "haiki-verify"
}

without_haiki() {
	local value token
	rm "${NAMES[NAME]}".json "${NAMES[NAME]}".p7s "${NAMES[NAME]}".proof
	readme pdfsig
	grep -q 'Signature is Valid' "$CASE/out"
	grep -q 'Total document signed' "$CASE/out"
	readme qpdf
	readme pdfdetach
	cmp "${NAMES[NAME]}.json" "$STATE/certificates/${NAMES[NAME]}.json"
	readme "openssl cms -verify -cades"
	grep -q 'CAdES Verification successful' "$CASE/err"
	readme "openssl asn1parse -inform DER -in NAME.p7s | grep"
	value=$(awk -F: '/OCTET STRING/ { print $1 + 0; exit }' "$CASE/out")
	token=$(awk -F: '/timeStampToken/ { on = 1 } on && /SEQUENCE/ { print $1 + 0; exit }' "$CASE/out")
	NAMES["OFFSET -noout -out value"]="$value -noout -out value"
	NAMES["OFFSET -noout -out token"]="$token -noout -out token"
	readme "openssl asn1parse -inform DER -in NAME.p7s -strparse"
	readme "openssl ts"
	grep -q 'Verification: OK' "$CASE/out" "$CASE/err"
	readme "openssl cms -verify -binary"
	readme "sha256sum"
	cp "$CASE/out" digest
	readme "grep -rh '\"name\":\"NAME\"' auditor/records"
	NAMES[DIGEST]=$(cut -c 1-64 "$CASE/out")
	haiki-verify ledger auditor --trust ca.crt >/dev/null
	grep -rh "\"name\":\"${NAMES[NAME]}\"" auditor/records | grep -q "\"sha256\":\"$(cut -c 1-64 digest)\""
	readme "find"
}

other_ca() {
	readme "haiki report key request"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -subj "/CN=Root" -days 9000 \
		-addext "keyUsage = critical,keyCertSign,cRLSign" -out root.crt 2>/dev/null
	openssl x509 -req -in haiki.csr -CA root.crt -CAkey root.key -CAcreateserial -days 4000 \
		-copy_extensions copy -out signer.crt 2>/dev/null
	cat root.crt signer.crt >chain.pem
	readme "haiki report key accept"
}

all_as_written() {
	prepare
	keys
	one_of_each
	ledger_and_auditor
	without_haiki
	other_ca
	# Nothing there was left out: but what builds the program that ran.
	diff <(all_commands | grep -v '^make haiki-verify$' | sort -u) <(sort -u "$CASE/run")
}

check "what README says of certificates runs as it is written" all_as_written
finish
