#!/bin/bash
# Keys that are no files: a token (SoftHSM by PKCS#11) and a TPM 2.0 (swtpm).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

secret() {
	(umask 077 && printf '%s\n' "$2" >"$CASE/$1")
}

softhsm_module() {
	local path
	for path in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
		if [ -e "$path" ]; then
			echo "$path"
			return
		fi
	done
}

# token: an empty one named haiki, PIN 1234, and a configuration that signs by its key "signer".
token() {
	need softhsm2-util pkcs11-tool openssl jq
	MODULE=$(softhsm_module)
	[ -n "$MODULE" ] || skip "SoftHSM's module is not installed"
	mkdir "$CASE/tokens"
	printf '%s\n' "directories.tokendir = $CASE/tokens" "objectstore.backend = file" "log.level = ERROR" \
		>"$CASE/softhsm.conf"
	export SOFTHSM2_CONF=$CASE/softhsm.conf
	softhsm2-util --init-token --free --label haiki --pin 1234 --so-pin 567890 >"$CASE/log" 2>&1
	secret pin 1234
	use_token "token=haiki;object=signer"
}

# use_token ATTRIBUTES
use_token() {
	configure "[keys]" "passphrase = $CASE/pin" "signer = pkcs11:$1?module-path=$MODULE"
}

in_token() {
	pkcs11-tool --module "$MODULE" --token-label haiki --login --pin 1234 "$@" >"$CASE/log" 2>&1 ||
		fail "pkcs11-tool $*: $(cat "$CASE/log")"
}

# A wipe that ends, and its certificate that checks, by OpenSSL too.
wiped() {
	local device
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	FILE=$(certificate_of)
	assert_record "$FILE" proven
}

waits_untouched() {
	local device before
	make_drive device $MIB
	before=$(digest_of "$device")
	wipe "$device"
	assert_exit 7
	assert_code "$1"
	assert_same "$before" "$(digest_of "$device")" "the drive was touched"
}

# ---- a token ----

key_made_in_token() {
	token
	run_haiki report key init --json
	assert_exit 0
	[ ! -e "$STATE/keys/signer.key" ]
	in_token --list-objects --type privkey
	grep -q 'never extractable' "$CASE/log" || fail "the key can leave the token: $(cat "$CASE/log")"
	wiped
	run_haiki report key rotate
	assert_exit 0
	wiped
}

key_taken_from_token() {
	token
	in_token --keypairgen --key-type EC:prime256v1 --label signer --id 07
	in_token --keypairgen --key-type EC:prime256v1 --label other --id 08
	in_token --read-object --type pubkey --label signer --output-file "$CASE/public.der"
	use_token "token=haiki;id=%07"
	run_haiki report key init
	assert_exit 0
	openssl x509 -in "$STATE/keys/signer.crt" -noout -pubkey | openssl pkey -pubin -outform DER |
		cmp - "$CASE/public.der"
	wiped
	# Another key of the token is not the one of the certificate.
	use_token "token=haiki;id=%08"
	waits_untouched keys-mismatch
}

rsa_in_token() {
	token
	in_token --keypairgen --key-type rsa:3072 --label signer --id 07
	run_haiki report key init
	assert_exit 0
	wiped
}

weak_key_in_token() {
	token
	in_token --keypairgen --key-type rsa:1024 --label signer --id 07
	run_haiki report key init --json
	assert_exit 3
	assert_code signer-weak-key
	[ ! -e "$STATE/keys" ]
}

token_refused() {
	token
	run_haiki report key init
	assert_exit 0
	secret pin 9999
	waits_untouched token-pin
	secret pin 1234
	wiped # one wrong PIN did not lock it
	configure "[keys]" "signer = pkcs11:token=haiki;object=signer?module-path=$MODULE"
	waits_untouched token-pin
	use_token "token=haiki;object=none"
	waits_untouched token-key
	use_token "token=none;object=signer"
	waits_untouched token-missing
	configure "[keys]" "passphrase = $CASE/pin" "signer = pkcs11:object=signer?module-path=$CASE/none.so"
	waits_untouched token-module
	configure "[keys]" "passphrase = $CASE/pin" "signer = pkcs11:object=signer;pin-value=1234"
	waits_untouched token-uri
	use_token "token=haiki;object=signer"
	chmod 644 "$CASE/pin"
	local device
	make_drive device $MIB
	wipe "$device"
	assert_exit 7
}

# What SoftHSM never says, said by a module in front of it (tests/inject/locked_token.c): the right PIN is not even tried.
token_locked() {
	token
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/locked_token.so" || skip "locked_token.so cannot be built"
	run_haiki report key init
	assert_exit 0
	export LOCKED_TOKEN_MODULE=$MODULE
	MODULE=$TOOLS/locked_token.so
	use_token "token=haiki;object=signer"
	wiped
	export LOCKED_TOKEN=locked
	waits_untouched token-locked
	export LOCKED_TOKEN=final
	waits_untouched token-pin
}

# The job has ended when its token is gone: it waits, and is certified when the token is back.
token_gone() {
	local device job serial
	token
	run_haiki report key init
	assert_exit 0
	make_faulty device $((4 * MIB))
	serial=$(serial_of "$device")
	# The pass hangs in its middle until the token is gone; the key was found before it began.
	tell "$device" "hangs 2621440 4096"
	start_haiki wipe run "$device" --serial "$serial" --json
	until_true 60 is_hung "$device"
	mv "$CASE/tokens" "$CASE/pulled"
	mkdir "$CASE/tokens"
	tell "$device" release
	wait_haiki
	assert_exit 7
	assert_json '.jobs[0].outcome == "proven" and .jobs[0].certificate == ""'
	job=$(job_of)
	run_haiki report certificate "$job" --json
	assert_exit 7
	assert_code token-missing
	rmdir "$CASE/tokens"
	mv "$CASE/pulled" "$CASE/tokens"
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_record "$STATE/certificates/$(jq -r .certificate "$CASE/out").json" proven
}

is_hung() {
	[ "$(seen "$1" hung)" -gt 0 ]
}

# The ledger's key stays a file: an Ed25519 key in the token would hide the others.
ledger_stays_a_file() {
	token
	run_haiki report key init
	assert_exit 0
	[ -e "$STATE/keys/ledger.key" ]
	openssl pkey -in "$STATE/keys/ledger.key" -noout -text | grep -q ED25519
	in_token --list-objects --type privkey
	assert_same 1 "$(grep -c '^Private Key' "$CASE/log")"
}

request_from_token() {
	token
	run_haiki report key init
	assert_exit 0
	run_haiki report key request --out "$CASE/request.pem"
	assert_exit 0
	openssl req -in "$CASE/request.pem" -verify -noout 2>"$CASE/log"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$CASE/root.key" \
		-out "$CASE/root.crt" -subj /CN=Root -days 9000 \
		-addext "keyUsage=critical,keyCertSign,cRLSign" 2>"$CASE/log"
	openssl x509 -req -in "$CASE/request.pem" -CA "$CASE/root.crt" -CAkey "$CASE/root.key" -CAcreateserial \
		-days 4000 -copy_extensions copy -out "$CASE/signer.crt" 2>"$CASE/log"
	cat "$CASE/signer.crt" "$CASE/root.crt" >"$CASE/chain.pem"
	run_haiki report key accept "$CASE/chain.pem"
	assert_exit 0
	wiped
}

# ---- a TPM ----

# tpm: an empty one on free ports; a configuration that signs by its key 0x81000001.
tpm() {
	need swtpm tpm2_createprimary tpm2_evictcontrol openssl jq
	[ -e "$(openssl version -m | cut -d '"' -f 2)/tpm2.so" ] || skip "OpenSSL's provider tpm2 is not installed"
	mkdir "$CASE/tpm"
	local attempt
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		PORT=$((20000 + RANDOM % 12000))
		start_tpm && break
		kill $TPM 2>/dev/null || true
		PORT=
	done
	[ -n "$PORT" ] || fail "swtpm did not start: $(cat "$CASE/swtpm.log")"
	export TPM2OPENSSL_TCTI="swtpm:host=127.0.0.1,port=$PORT" TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$PORT"
	configure "[keys]" "signer = tpm:0x81000001"
}

start_tpm() {
	swtpm socket --tpm2 --tpmstate "dir=$CASE/tpm" --server "type=tcp,port=$PORT,bindaddr=127.0.0.1" \
		--ctrl "type=tcp,port=$((PORT + 1)),bindaddr=127.0.0.1" --flags not-need-init,startup-clear \
		>"$CASE/swtpm.log" 2>&1 </dev/null &
	TPM=$!
	remember daemons $TPM
	local round
	for round in $(seq 200); do
		kill -0 $TPM 2>/dev/null || return 1
		listens && return 0
		sleep 0.05
	done
	return 1
}

# It is this TPM that has both ports, and nobody else.
listens() {
	local port inode
	for port in $PORT $((PORT + 1)); do
		inode=$(awk -v port="$(printf ':%04X' "$port")" '$4 == "0A" && index($2, port) { print $10 }' /proc/net/tcp)
		[ -n "$inode" ] && [ -n "$(find /proc/$TPM/fd -lname "socket:\[$inode\]")" ] || return 1
	done
}

stop_tpm() {
	kill $TPM
	wait $TPM || true
}

key_made_in_tpm() {
	tpm
	run_haiki report key init --json
	assert_exit 0
	[ ! -e "$STATE/keys/signer.key" ]
	tpm2_readpublic -Q -c 0x81000001 -f pem -o "$CASE/public.pem"
	openssl x509 -in "$STATE/keys/signer.crt" -noout -pubkey | cmp - "$CASE/public.pem"
	wiped
	run_haiki report key rotate
	assert_exit 0
	wiped
	run_haiki report key request --out "$CASE/request.pem"
	assert_exit 0
	openssl req -in "$CASE/request.pem" -verify -noout 2>"$CASE/log"
}

tpm_with_authorisation() {
	tpm
	secret auth "of the key"
	configure "[keys]" "signer = tpm:0x81000001" "passphrase = $CASE/auth"
	run_haiki report key init
	assert_exit 0
	wiped
	secret auth "another"
	local device
	make_drive device $MIB
	wipe "$device"
	# The TPM tells of it only when it signs: then the job waits for its certificate.
	assert_exit 1 7
	assert_json '.jobs[0].certificate == ""'
	secret auth "of the key"
	run_haiki report certificate "$(job_of)"
	assert_exit 0
}

tpm_gone() {
	tpm
	run_haiki report key init
	assert_exit 0
	configure "[keys]" "signer = tpm:0x81000009"
	waits_untouched tpm-key
	configure "[keys]" "signer = tpm:0x01"
	waits_untouched tpm-handle
	configure "[keys]" "signer = tpm:0x81000001"
	stop_tpm
	waits_untouched tpm-missing
	start_tpm
	wiped
}

check "a key is made in a token, and its certificates check" key_made_in_token
check "a key that is in a token is taken, by its id" key_taken_from_token
check "an RSA key in a token" rsa_in_token
check "a weak key in a token is not taken" weak_key_in_token
check "wrong PIN, no PIN, no key, no token, no module: nothing is touched, and it waits" token_refused
check "a locked token, and one with a last try: nothing is touched, and it waits" token_locked
check "a token that is gone when the job has ended: certified when it is back" token_gone
check "the ledger's key stays a file" ledger_stays_a_file
check "the organisation's CA certifies a token's key" request_from_token
check "a key is made in a TPM, and its certificates check" key_made_in_tpm
check "a TPM's key with an authorisation" tpm_with_authorisation
check "no key, no TPM: nothing is touched, and it waits" tpm_gone
finish
