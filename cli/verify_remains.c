/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify media` of a drive that erased itself, for people and as JSON. */
#include "cli/verify_remains.h"

#include "cli/describe.h"
#include "cli/output.h"
#include <inttypes.h>

static const char *headline(const struct media_remains *remains)
{
	const struct marker_check *markers = &remains->markers;
	if (markers->remaining > 0)
		return _("markers planted before the erasing are on the drive");
	if (markers->unreadable > 0)
		return _("some places of markers could not be read");
	if (remains->residue.count > 0 || remains->residue.truncated)
		return _("something recognisable is on the drive");
	if (!media_remains_nothing(remains))
		return _("nothing was looked at");
	if (markers->checked == 0)
		return _("no header and nothing else that is recognised is on the drive");
	return _("no marker, and nothing that is recognised, is on the drive");
}

static void print_residue(const struct residue *residue)
{
	output_line(
		stdout, _("  found at byte %" PRIu64 ": %s"), residue->offset_bytes, residue->type);
}

void verify_remains_print(const struct drive *drive, const struct media_remains *remains)
{
	const struct marker_check *markers = &remains->markers;
	char label[IDENTITY_LABEL_MAX];
	bool nothing = media_remains_nothing(remains);
	identity_label(&drive->identity, label);
	output_line(stdout, "%s: %s", nothing ? _("PROVEN") : _("NOT PROVEN"), headline(remains));
	output_line(stdout, "  %s", label);
	if (markers->checked > 0)
		output_line(stdout,
			_("  markers looked for: %u; still there: %u, unreadable: %u, reading "
			  "zeros: "
			  "%u"),
			markers->checked, markers->remaining, markers->unreadable, markers->zeroed);
	for (size_t i = 0; i < remains->residue.count; i++)
		print_residue(&remains->residue.items[i]);
	output_line(stdout, "  %s",
		_("The drive erased itself last: what it holds is not known, so only these places "
		  "were looked at."));
	if (!nothing)
		output_line(stdout, "  → %s", _("Keep the drive locked away, and wipe it again."));
}

static json_t *markers_json(const struct marker_check *markers)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "checked", (json_int_t)markers->checked,
		"remaining", (json_int_t)markers->remaining, "unreadable",
		(json_int_t)markers->unreadable, "zeroed", (json_int_t)markers->zeroed);
}

static json_t *residue_json(const struct residue_list *list)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; array && i < list->count; i++)
		if (json_push(array,
			    json_pack("{s:s, s:I}", "type", list->items[i].type, "offset_bytes",
				    (json_int_t)list->items[i].offset_bytes)) < 0)
			return NULL;
	return json_incref(array);
}

int verify_remains_json(const struct drive *drive, const struct checked *checked,
	const struct media_remains *remains, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	bool has_markers = remains->markers.checked > 0;
	if (!json || json_put(json, "certificate", verify_json(checked)) < 0 ||
		json_put(json, "identity", describe_identity_json(&drive->identity)) < 0 ||
		json_put_string(json, "coverage",
			verification_name(has_markers ? VERIFICATION_MARKERS : VERIFICATION_NONE)) <
			0 ||
		json_put_integer(json, "agrees", media_remains_nothing(remains)) < 0 ||
		json_put(json, "markers", markers_json(&remains->markers)) < 0 ||
		json_put(json, "residue", residue_json(&remains->residue)) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}
