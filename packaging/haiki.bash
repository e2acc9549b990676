# Completion of haiki for bash: groups, verbs, options, and files where a file is wanted.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/check-catalogue holds the words below against the program's own table.

# The options of one command, "GROUP VERB".
_haiki_options() {
	local global="--json --config --state --help"
	local request="--serial --scheme --level --method --verify --psid-file --password-file --zone --confidentiality --rate --policy
		--ticket --contract --destination --asset-number --tenant --service-code
		--operator --operator-title --place --witness --witness-title --out"
	case $1 in
	"wipe plan") echo "$request $global" ;;
	"wipe run") echo "$request --detach $global" ;;
	"wipe resume") echo "--rate --out --psid-file --password-file $global" ;;
	"wipe revert") echo "--serial --psid-file --reason $global" ;;
	"wipe watch") echo "--once $global" ;;
	"wipe expired") echo "--dry-run --now --out $global" ;;
	"wipe approve") echo "$global" ;;
	"verify media") echo "--certificate --signature --trust --sample $global" ;;
	"verify certificate") echo "--signature --trust --tsa-trust --person-trust --crl --ledger --ledger-key --require --at --serial $global" ;;
	"verify ledger") echo "--since --witness --ledger-key --trust --tsa-trust --crl $global" ;;
	"report certificate") echo "--out $global" ;;
	"report audit") echo "--from --to --seed --format --out --ledger --ledger-key --trust $global" ;;
	"report destroyed") echo "$global" ;;
	"report ledger export") echo "--for-auditor $global" ;;
	"report ledger cosign") echo "--witness $global" ;;
	"report site") echo "--certificates --tenant --trust $global" ;;
	"report tenant") echo "--out --name --title --place --ticket $global" ;;
	"report timestamps") echo "--out $global" ;;
	"report key init") echo "--organisation --ledger --signer --passphrase $global" ;;
	"report key revoke") echo "--reason $global" ;;
	"report key person") echo "--title --role --out --passphrase $global" ;;
	"report key request") echo "--out $global" ;;
	"report sign") echo "--role --key --passphrase --trust --out $global" ;;
	"inventory watch") echo "--once --seconds $global" ;;
	"inventory tenant add" | "inventory tenant change")
		echo "--name --zone --service-code --without-service-code --contact --note $global"
		;;
	"inventory contract add" | "inventory contract change")
		echo "--tenant --start --end --grace-days --service-code --all-services --note $global"
		;;
	"inventory vm add" | "inventory vm change")
		echo "--service-code --tenant --name --platform $global"
		;;
	"inventory volume link" | "inventory volume unlink" | "inventory volume relink")
		echo "--reason $global"
		;;
	"inventory import") echo "--kind --dry-run $global" ;;
	"inventory export") echo "--format --output $global" ;;
	"inventory history") echo "--limit $global" ;;
	"inventory custody")
		echo "--reason --ticket --receiver --witness --to-zone --certificate --trust --policy
			--site --rack --slot $global"
		;;
	"inventory place") echo "--site --rack --slot $global" ;;
	"inventory label") echo "--asset-number --zone --tenant --service-code --reason $global" ;;
	"inventory hold place") echo "--authority --reason $global" ;;
	"inventory hold lift" | "inventory encryption revoke") echo "--reason $global" ;;
	"inventory encryption record") echo "--basis --ticket $global" ;;
	"inventory key-copy destroyed") echo "--how $global" ;;
	"inventory tenant remove" | "inventory rule add" | "inventory rule remove" | \
		"inventory key-copy record" | "inventory hold confirm" | "inventory hold lift-confirm" | "inventory hold lift-cancel" | \
		"inventory scan" | "inventory list" | "inventory show" | "verify policy" | "report ledger head" | \
		"report key show" | "report key rotate" | "report key accept")
		echo "$global"
		;;
	esac
}

_haiki_verbs() {
	case $1 in
	inventory) echo "scan list watch show history custody place label hold encryption key-copy tenant contract vm volume rule import export" ;;
	"inventory tenant") echo "add change remove" ;;
	"inventory contract") echo "add change" ;;
	"inventory vm") echo "add change" ;;
	"inventory volume") echo "link unlink relink" ;;
	"inventory rule") echo "add remove" ;;
	"inventory encryption") echo "record revoke" ;;
	"inventory key-copy") echo "record destroyed" ;;
	"inventory hold") echo "place confirm lift lift-confirm lift-cancel" ;;
	wipe) echo "plan run resume revert watch expired approve" ;;
	verify) echo "media certificate ledger policy" ;;
	report) echo "certificate audit destroyed tenant sign key ledger timestamps site" ;;
	"report key") echo "init show rotate revoke person request accept" ;;
	"report ledger") echo "export head cosign" ;;
	esac
}

# Whole disks, as /dev paths.
_haiki_disks() {
	local disk
	for disk in /sys/block/*; do
		[ -e "$disk" ] && echo "/dev/${disk##*/}"
	done
}

# The value of an option, where there is something to offer. 1: it takes no value.
_haiki_value() {
	case $1 in
	--config | --policy | --certificate | --signature | --trust | --tsa-trust | --person-trust | --crl | --ledger-key | --since | --output)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$2")
		;;
	--state | --out | --certificates)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$2")
		;;
	--key)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$2")
		;;
	--role) mapfile -t COMPREPLY < <(compgen -W "approver witness" -- "$2") ;;
	--level) mapfile -t COMPREPLY < <(compgen -W "clear purge destroy" -- "$2") ;;
	--verify) mapfile -t COMPREPLY < <(compgen -W "full sample" -- "$2") ;;
	--zone | --to-zone) mapfile -t COMPREPLY < <(compgen -W "municipal private" -- "$2") ;;
	--scheme)
		mapfile -t COMPREPLY < <(compgen -W "zero one random dod-5220.22-m-short dod-5220.22-m
			tssit-ops-ii hmg-is5-baseline hmg-is5-enhanced schneier gutmann vsitr bsi-gsds
			nnsa-nap-14.1-c ar-380-19 bmb21-2019" -- "$2")
		;;
	--kind)
		mapfile -t COMPREPLY < <(compgen -W "tenants rules contracts drives volumes vms generations" \
			-- "$2")
		;;
	--format) mapfile -t COMPREPLY < <(compgen -W "csv json" -- "$2") ;;
	--json | --help | --detach | --once | --sample | --dry-run | --for-auditor | --all-services) return 1 ;;
	--*) COMPREPLY=() ;;
	*) return 1 ;;
	esac
}

_haiki() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command="${COMP_WORDS[1]-} ${COMP_WORDS[2]-}" first=3
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "inventory wipe verify report --help --version" \
			-- "$current")
		return
	fi
	if [ "$COMP_CWORD" -eq 2 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_haiki_verbs "${COMP_WORDS[1]}") --help" \
			-- "$current")
		return
	fi
	# Verbs of two words.
	if [ -n "$(_haiki_verbs "$command")" ]; then
		if [ "$COMP_CWORD" -eq 3 ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_haiki_verbs "$command")" -- "$current")
			return
		fi
		command="$command ${COMP_WORDS[3]}"
		first=4
	fi
	if [ "$COMP_CWORD" -gt "$first" ] && _haiki_value "$previous" "$current"; then
		return
	fi
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_haiki_options "$command")" -- "$current")
		return
	fi
	if [ "$command" = "inventory custody" ] && [ "$COMP_CWORD" -eq 4 ]; then
		mapfile -t COMPREPLY < <(compgen -W "in-service quarantined sanitizing sanitized reused
			returned disposed destroyed failed" -- "$current")
		return
	fi
	case $command in
	"wipe plan" | "wipe run" | "wipe revert" | "verify media" | "inventory show")
		mapfile -t COMPREPLY < <(compgen -W "$(_haiki_disks)" -- "$current")
		;;
	"inventory import")
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	"inventory export")
		mapfile -t COMPREPLY < <(compgen -W "tenants rules contracts drives volumes vms generations" \
			-- "$current")
		;;
	"inventory list")
		mapfile -t COMPREPLY < <(compgen -W "drives arrays tenants contracts volumes vms rules generations
			holds events" \
			-- "$current")
		;;
	"inventory rule add" | "inventory rule remove")
		mapfile -t COMPREPLY < <(compgen -W "lv-tag luks-label path path-glob vm vm-name" \
			-- "$current")
		;;
	"verify certificate" | "verify ledger" | "verify policy")
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -X '!*.json' -- "$current"; compgen -d -- "$current")
		;;
	esac
}

complete -F _haiki haiki
