// SPDX-License-Identifier: GPL-3.0-or-later

// What a test tells and asks, beside SOAP: https://HOST/test/WORD?KEY=VALUE…
//
//	vms                       a line for each VM: uuid, name, service code, power, its disks' places; by tabs
//	calls                     what was called so far: "METHOD OBJECT" by lines;  calls?clear=1 forgets them
//	ref?uuid=U                the VM's object ("vm-42")
//	name?uuid=U&to=NAME       rename it                 code?uuid=U&to=CODE    service code ("" takes it away)
//	uuid?uuid=U&to=UUID       give it another UUID      power?uuid=U&to=on|off|suspended
//	share?uuid=U&with=V       V uses U's first disk too linked?uuid=U&of=V     U's first disk stands on V's first disk
//	clock?ms=N                its clock goes N ms ahead
//	lie?method=M&how=HOW[&uuid=U][&times=N]   see front.tell;  lie?clear=1 ends all lies
package main

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

var fieldKey int32

func allVMs() []*simulator.VirtualMachine {
	var vms []*simulator.VirtualMachine
	for _, entity := range simulator.Map.All("VirtualMachine") {
		if vm, ok := entity.(*simulator.VirtualMachine); ok {
			vms = append(vms, vm)
		}
	}
	sort.SliceStable(vms, func(i, j int) bool { return vms[i].Config.Uuid < vms[j].Config.Uuid })
	return vms
}

func findVM(uuid string) *simulator.VirtualMachine {
	for _, vm := range allVMs() {
		if vm.Config.Uuid == uuid {
			return vm
		}
	}
	return nil
}

func disksOf(vm *simulator.VirtualMachine) []*types.VirtualDisk {
	var disks []*types.VirtualDisk
	for _, device := range vm.Config.Hardware.Device {
		if disk, ok := device.(*types.VirtualDisk); ok {
			disks = append(disks, disk)
		}
	}
	return disks
}

func backingOf(disk *types.VirtualDisk) *types.VirtualDiskFlatVer2BackingInfo {
	backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
	if !ok {
		return &types.VirtualDiskFlatVer2BackingInfo{}
	}
	return backing
}

// placesOf: of its disks, without what they stand on.
func placesOf(vm *simulator.VirtualMachine) []string {
	var places []string
	for _, disk := range disksOf(vm) {
		places = append(places, backingOf(disk).FileName)
	}
	return places
}

func usesPlace(vm *simulator.VirtualMachine, place string) bool {
	for _, disk := range disksOf(vm) {
		for backing := backingOf(disk); backing != nil; backing = backing.Parent {
			if backing.FileName == place {
				return true
			}
		}
	}
	return false
}

func codeOf(vm *simulator.VirtualMachine) string {
	for _, value := range vm.CustomValue {
		if text, ok := value.(*types.CustomFieldStringValue); ok && text.Key == fieldKey {
			return text.Value
		}
	}
	return ""
}

func setCode(vm *simulator.VirtualMachine, code string) {
	vm.CustomValue = nil
	if code != "" {
		vm.CustomValue = []types.BaseCustomFieldValue{&types.CustomFieldStringValue{
			CustomFieldValue: types.CustomFieldValue{Key: fieldKey}, Value: code}}
	}
	vm.Value = vm.CustomValue
}

func share(vm, with *simulator.VirtualMachine) {
	disk := *disksOf(vm)[0]
	backing := *backingOf(&disk)
	backing.Sharing = string(types.VirtualDiskSharingSharingMultiWriter)
	disk.Backing = &backing
	disk.Key = 9000 + int32(len(with.Config.Hardware.Device))
	with.Config.Hardware.Device = append(with.Config.Hardware.Device, &disk)
	with.Config.Modified = time.Now()
}

func setPower(vm *simulator.VirtualMachine, word string) {
	states := map[string]types.VirtualMachinePowerState{
		"on": types.VirtualMachinePowerStatePoweredOn, "off": types.VirtualMachinePowerStatePoweredOff,
		"suspended": types.VirtualMachinePowerStateSuspended}
	vm.Runtime.PowerState = states[word]
	vm.Summary.Runtime.PowerState = states[word]
}

func (f *front) list(w http.ResponseWriter) {
	for _, vm := range allVMs() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", vm.Config.Uuid, vm.Name, codeOf(vm), vm.Runtime.PowerState,
			strings.Join(placesOf(vm), "\t"))
	}
}

func (f *front) lie(values map[string][]string) {
	get := func(key string) string { return strings.Join(values[key], "") }
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if get("clear") != "" {
		f.lies = nil
		return
	}
	times, err := strconv.Atoi(get("times"))
	if err != nil {
		times = -1
	}
	f.lies = append(f.lies, &lie{get("method"), get("uuid"), get("how"), times})
}

func (f *front) listCalls(w http.ResponseWriter, clear bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, call := range f.calls {
		fmt.Fprintln(w, call)
	}
	if clear {
		f.calls = nil
	}
}

func (f *front) serveTest(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch r.URL.Path {
	case "/test/vms":
		f.list(w)
		return
	case "/test/calls":
		f.listCalls(w, query.Get("clear") != "")
		return
	case "/test/lie":
		f.lie(query)
		return
	case "/test/clock":
		ms, _ := strconv.Atoi(query.Get("ms"))
		f.offset = time.Duration(ms) * time.Millisecond
		return
	}
	vm := findVM(query.Get("uuid"))
	if vm == nil {
		http.Error(w, "no such VM", http.StatusNotFound)
		return
	}
	simulator.Map.WithLock(vm, func() { f.change(w, r, vm) })
}

func (f *front) change(w http.ResponseWriter, r *http.Request, vm *simulator.VirtualMachine) {
	query := r.URL.Query()
	to := query.Get("to")
	switch r.URL.Path {
	case "/test/ref":
		fmt.Fprintln(w, vm.Self.Value)
	case "/test/name":
		vm.Name, vm.Config.Name, vm.Summary.Config.Name = to, to, to
	case "/test/code":
		setCode(vm, to)
	case "/test/uuid":
		vm.Config.Uuid, vm.Summary.Config.Uuid = to, to
	case "/test/power":
		setPower(vm, to)
	case "/test/share":
		share(vm, findVM(query.Get("with")))
	case "/test/linked":
		parent := *backingOf(disksOf(findVM(query.Get("of")))[0])
		backingOf(disksOf(vm)[0]).Parent = &parent
		vm.Config.Modified = time.Now()
	default:
		http.Error(w, "no such word", http.StatusNotFound)
	}
}
