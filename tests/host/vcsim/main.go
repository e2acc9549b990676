// SPDX-License-Identifier: GPL-3.0-or-later

// A vCenter for the tests: govmomi's simulator over TLS, with VMs of several tenants whose disks are real files, with
// what the simulator lacks (zero-filling, paging, tasks that take time), and with lies on demand. See ../vcsim.sh.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"io/ioutil"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	dayOfCertificate = 24 * time.Hour
	fieldName        = "haiki.service"
	bytesOfDisk      = 256 * 1024
)

type options struct {
	folder, user, password   string
	vms, tenants, datastores int
	disks, page, polls       int
	snapshots, on            int
	zeroFill                 bool
}

func readOptions() options {
	var o options
	flag.StringVar(&o.folder, "folder", "", "where datastores, certificate (ca.pem) and address (url) go")
	flag.StringVar(&o.user, "user", "haiki@vsphere.local", "who may log in")
	flag.StringVar(&o.password, "password", "secret <&> word", "with this password")
	flag.IntVar(&o.vms, "vms", 4, "how many VMs")
	flag.IntVar(&o.tenants, "tenants", 2, "of how many tenants, in turn: SV-00, SV-01 …")
	flag.IntVar(&o.datastores, "datastores", 1, "how many datastores, in turn: ds0, ds1 …")
	flag.IntVar(&o.disks, "disks", 1, "disks of each VM")
	flag.IntVar(&o.snapshots, "snapshots", 0, "every Nth VM has a snapshot; 0: none")
	flag.IntVar(&o.on, "on", 2, "every Nth VM is switched on; 0: none")
	flag.IntVar(&o.page, "page", 7, "most objects in one answer")
	flag.IntVar(&o.polls, "polls", 1, "how often a task is asked for before it has ended")
	flag.BoolVar(&o.zeroFill, "zero-fill", true, "disks can be filled with zeros")
	flag.Parse()
	if o.folder == "" || o.tenants < 1 || o.datastores < 1 || o.page < 1 {
		flag.Usage()
		os.Exit(2)
	}
	return o
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// ---- the certificate: signed by itself, for this machine alone ----

func makeCertificate(folder string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "Test vCenter"},
		NotBefore:             time.Now().Add(-dayOfCertificate),
		NotAfter:              time.Now().Add(365 * dayOfCertificate),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:              []string{"localhost"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	must(ioutil.WriteFile(filepath.Join(folder, "ca.pem"), text, 0644))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// ---- what stands in it ----

// uuidOf is the UUID of the Nth VM.
func uuidOf(n int) string {
	return fmt.Sprintf("4220%04x-0000-4000-8000-%012x", n, n)
}

func nameOf(n int) string {
	return fmt.Sprintf("vm-%04d", n)
}

// A disk's file is full of text that tells whose it is.
func fillDisk(file string, n int) {
	line := []byte(fmt.Sprintf("HAIKI-TEST %s personal number %012d\n", nameOf(n), n))
	text := bytes.Repeat(line, bytesOfDisk/len(line)+1)[:bytesOfDisk]
	must(ioutil.WriteFile(file, text, 0600))
}

func makeDatastores(ctx context.Context, o options, client *vim25.Client, finder *find.Finder) {
	hosts, err := finder.HostSystemList(ctx, "*")
	must(err)
	for i := 0; i < o.datastores; i++ {
		name := fmt.Sprintf("ds%d", i)
		folder := filepath.Join(o.folder, name)
		must(os.MkdirAll(folder, 0700))
		for _, host := range hosts {
			system, err := host.ConfigManager().DatastoreSystem(ctx)
			must(err)
			_, err = system.CreateLocalDatastore(ctx, name, folder)
			must(err)
		}
	}
}

func diskPath(n, disk int) string {
	if disk == 0 {
		return fmt.Sprintf("%s/%s.vmdk", nameOf(n), nameOf(n))
	}
	return fmt.Sprintf("%s/%s_%d.vmdk", nameOf(n), nameOf(n), disk)
}

func specOf(o options, n int) types.VirtualMachineConfigSpec {
	datastore := fmt.Sprintf("[ds%d] ", n%o.datastores)
	spec := types.VirtualMachineConfigSpec{
		Name:    nameOf(n),
		Uuid:    uuidOf(n),
		GuestId: string(types.VirtualMachineGuestOsIdentifierOtherGuest),
		Files:   &types.VirtualMachineFileInfo{VmPathName: fmt.Sprintf("%s%s/%s.vmx", datastore, nameOf(n), nameOf(n))},
	}
	var devices object.VirtualDeviceList
	scsi, err := devices.CreateSCSIController("pvscsi")
	must(err)
	devices = append(devices, scsi)
	for disk := 0; disk < o.disks; disk++ {
		device := devices.CreateDisk(scsi.(types.BaseVirtualController), types.ManagedObjectReference{}, datastore+diskPath(n, disk))
		device.CapacityInKB = bytesOfDisk / 1024
		device.CapacityInBytes = bytesOfDisk
		devices = append(devices, device)
	}
	spec.DeviceChange, err = devices.ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	must(err)
	return spec
}

// keepDisks takes away keyboards and the like, which only make every answer long.
func keepDisks(vm *simulator.VirtualMachine) {
	var devices []types.BaseVirtualDevice
	for _, device := range vm.Config.Hardware.Device {
		switch device.(type) {
		case *types.VirtualDisk, *types.ParaVirtualSCSIController:
			devices = append(devices, device)
		}
	}
	vm.Config.Hardware.Device = devices
}

func makeVM(ctx context.Context, o options, n int, client *vim25.Client, folder *object.Folder, pool *object.ResourcePool) {
	task, err := folder.CreateVM(ctx, specOf(o, n), pool, nil)
	must(err)
	info, err := task.WaitForResult(ctx, nil)
	must(err)
	vm := object.NewVirtualMachine(client, info.Result.(types.ManagedObjectReference))
	for disk := 0; disk < o.disks; disk++ {
		file := filepath.Join(o.folder, fmt.Sprintf("ds%d", n%o.datastores), diskPath(n, disk))
		must(ioutil.WriteFile(file, []byte("# Disk DescriptorFile\n"), 0600))
		fillDisk(extentOf(file), n)
	}
	machine := simulator.Map.Get(vm.Reference()).(*simulator.VirtualMachine)
	setCode(machine, fmt.Sprintf("SV-%02d", n%o.tenants))
	keepDisks(machine)
	if o.snapshots > 0 && n%o.snapshots == 0 {
		task, err = vm.CreateSnapshot(ctx, "before the change", "", false, false)
		must(err)
		must(task.Wait(ctx))
	}
	if o.on > 0 && n%o.on == 0 {
		task, err = vm.PowerOn(ctx)
		must(err)
		must(task.Wait(ctx))
	}
}

func makeInventory(o options, service *simulator.Service) {
	ctx := context.Background()
	client, err := vim25.NewClient(ctx, service)
	must(err)
	finder := find.NewFinder(client, false)
	datacenter, err := finder.DefaultDatacenter(ctx)
	must(err)
	finder.SetDatacenter(datacenter)
	makeDatastores(ctx, o, client, finder)
	folders, err := datacenter.Folders(ctx)
	must(err)
	pool, err := finder.ResourcePool(ctx, "*/Resources")
	must(err)
	fields, err := object.GetCustomFieldsManager(client)
	must(err)
	// One of another name and one of hosts come first, so that keys are looked up and not guessed.
	_, err = fields.Add(ctx, "owner", "VirtualMachine", nil, nil)
	must(err)
	_, err = fields.Add(ctx, fieldName, "HostSystem", nil, nil)
	must(err)
	definition, err := fields.Add(ctx, fieldName, "VirtualMachine", nil, nil)
	must(err)
	fieldKey = definition.Key
	for n := 0; n < o.vms; n++ {
		makeVM(ctx, o, n, client, folders.VmFolder, pool)
	}
}

func main() {
	o := readOptions()
	log.SetOutput(os.Stderr)
	o.folder, _ = filepath.Abs(o.folder)
	must(os.MkdirAll(o.folder, 0700))
	model := simulator.VPX()
	model.Host, model.ClusterHost, model.Machine, model.Datastore, model.Portgroup = 0, 1, 0, 0, 0
	must(model.Create())
	model.Service.Listen = &url.URL{User: url.UserPassword(o.user, o.password)}
	model.Service.RegisterSDK(simulator.Map)
	makeInventory(o, model.Service)

	front := newFront(o, model.Service.ServeMux)
	mux := http.NewServeMux()
	mux.HandleFunc("/sdk", front.serveSDK)
	mux.HandleFunc("/test/", front.serveTest)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{makeCertificate(o.folder)}, MinVersion: tls.VersionTLS12})
	must(err)
	// Whole or not there at all: who waits for it reads it at once.
	address := filepath.Join(o.folder, "url")
	must(ioutil.WriteFile(address+".new", []byte("https://"+listener.Addr().String()+"/sdk"), 0644))
	must(os.Rename(address+".new", address))
	must(http.Serve(listener, mux))
}
