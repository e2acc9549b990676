/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the deletion of a contract's data has come, and why not further. */
#include "base/macros.h"
#include "reports/statement/wording_tables.h"

static const struct wording stages[] = {
	{ "unknown", "不明", "unknown" },
	{ "running", "契約中", "contract not over" },
	{ "remaining", "データが残っています", "data remains" },
	{ "vms-deleted", "VM は削除済み、データの抹消が未確認です",
		"VMs gone, what they lay on not shown to be erased" },
	{ "volumes-erased", "ボリュームは抹消済み、バックアップの世代が残っているか不明です",
		"volumes erased, backup generations remain or are not known" },
	{ "generations-expired", "すべて消滅、お客様への通知が未了です",
		"nothing is left, customer not told" },
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
	{ "vm-remains", "VM の消滅が証明されていません。", "A VM is not proven gone." },
	{ "vm-shared", "VM のディスクを別の VM が使用しており、残っています。",
		"A disk of a VM is there still: another VM uses it." },
	{ "vm-not-erased", "VM のディスクが抹消されずに削除されました。",
		"A disk of a VM was deleted and not erased." },
	{ "vm-unfounded", "VM の削除が許されていたことが示されていません。",
		"A VM was deleted, and it is not shown that this was allowed." },
	{ "notice-unsent", "削除したことをお客様に通知していません。",
		"The customer has not been told that its VMs are deleted." },
	{ "backup-not-asked", "VM の消滅後に、回答を得ていないバックアップのリポジトリがあります。",
		"A backup repository has not answered since a VM was gone." },
};
const struct wording_table wording_tenant_reasons = { reasons, ARRAY_SIZE(reasons) };

static const struct wording remarks[] = {
	{ "unlinked", "抹消できないため、抹消せずに削除したディスクがあります。",
		"A disk was deleted without being erased: that was not possible." },
	{ "shared", "別の VM が使用しているディスク (またはその一部) があります。",
		"A disk, or a part of it, another VM uses." },
	{ "not-erased", "抹消に失敗したディスクがあります。", "Erasing a disk failed." },
	{ "by-others", "削除の前に消滅していた VM があり、そのディスクがどうなったかは不明です。",
		"A VM was gone before it was deleted here; what became of its disks is not "
		"known." },
	{ "platform-word", "抹消が仮想化基盤の応答のみに基づくディスクがあります。",
		"That a disk is erased rests on the platform's word." },
	{ "unfounded", "VM の削除が許されていたことが示されていません。",
		"It is not shown that a deletion was allowed." },
};
const struct wording_table wording_tenant_remarks = { remarks, ARRAY_SIZE(remarks) };

/* What became of a place of a VM's disk: verify/tenant/deletion.h. */
static const struct wording fates[] = {
	{ "erased", "抹消済み", "erased" },
	{ "platform-word", "仮想化基盤によりゼロ消去", "zero-filled by the platform" },
	{ "unlinked", "抹消せずに削除", "deleted, not erased" },
	{ "shared", "別の VM が使用中", "another VM uses it" },
	{ "not-erased", "抹消されていません", "not erased" },
};
const struct wording_table wording_fates = { fates, ARRAY_SIZE(fates) };

/* How far the deletion of one VM has come. */
static const struct wording vms[] = {
	{ "unknown", "不明", "unknown" },
	{ "none", "残っています", "still there" },
	{ "begun", "削除中、消滅は未確認", "being deleted, not proven gone" },
	{ "gone", "消滅を確認", "gone" },
};
const struct wording_table wording_vms = { vms, ARRAY_SIZE(vms) };

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
