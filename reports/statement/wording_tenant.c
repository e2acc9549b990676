/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the deletion of a contract's data has come, and why not further. */
#include "base/macros.h"
#include "reports/statement/wording_tables.h"

static const struct wording stages[] = {
	{ "unknown", "不明", "unknown" },
	{ "running", "契約中", "contract not over" },
	{ "remaining", "データが残っています", "data remains" },
	{ "volumes-erased", "ボリュームは抹消済み、バックアップの世代が残っています",
		"volumes erased, backup generations remain" },
	{ "closed", "完了", "closed" },
};
const struct wording_table wording_stages = { stages, ARRAY_SIZE(stages) };

static const struct wording reasons[] = {
	{ "contract-running", "契約が終わっていません。", "The contract is not over." },
	{ "contract-grace", "契約終了後の猶予期間中です。", "The days of grace are not over." },
	{ "other-contract", "テナントのほかの契約が終わっていません。",
		"Another contract of the tenant is not over." },
	{ "volume-present", "ボリュームが残っています。", "A volume is still there." },
	{ "volume-nowhere", "ボリュームがどのドライブにあったか不明です。",
		"On which drives a volume lay is not known." },
	{ "drive-not-sanitized", "データがあったドライブが抹消されていません。",
		"A drive that carried the data is not sanitized." },
	{ "drive-no-certificate", "抹消済みのドライブに証明書がありません。",
		"A sanitized drive has no certificate." },
	{ "generation-remains", "バックアップの世代が残っています。",
		"A backup generation remains." },
	{ "nothing-known", "このテナントのデータはインベントリに記録がありません。",
		"The inventory never knew anything of the tenant's." },
};
const struct wording_table wording_tenant_reasons = { reasons, ARRAY_SIZE(reasons) };

static const struct wording places[] = {
	{ "carries", "データがあります", "carries it" },
	{ "above", "データの上にあります", "stands above it" },
	{ "copy", "データの写しがあります", "carries a copy" },
	{ "disputed", "データがある可能性があります", "may carry it" },
	{ "left", "データが残っている可能性があります", "carried it, and was not sanitized since" },
	{ "labelled", "テナントのドライブとして記録されています", "labelled as the tenant's" },
	{ "sanitized", "抹消済み", "sanitized" },
};
const struct wording_table wording_places = { places, ARRAY_SIZE(places) };
