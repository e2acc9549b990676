// SPDX-License-Identifier: GPL-3.0-or-later

// What stands between haiki and the simulator: pages, tasks that take time, zero-filling, and lies.
package main

import (
	"bytes"
	"fmt"
	"io/ioutil"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// A lie about one method; of one VM, or of all.
type lie struct {
	method, uuid, how string
	times             int // how often still; negative: for ever
}

type front struct {
	options
	behind http.Handler

	mutex  sync.Mutex
	lies   []*lie
	calls  []string // "METHOD OBJECT", in order
	pages  map[string][]string
	asked  map[string]int // of tasks: how often
	tokens int
	offset time.Duration // of its clock
}

func newFront(o options, behind http.Handler) *front {
	return &front{options: o, behind: behind, pages: map[string][]string{}, asked: map[string]int{}}
}

var (
	methodPattern  = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)`)
	thisPattern    = regexp.MustCompile(`<(?:[\w-]+:)?_this[^>]*>([^<]*)<`)
	maximumPattern = regexp.MustCompile(`<(?:[\w-]+:)?maxObjects>(\d+)<`)
	tokenPattern   = regexp.MustCompile(`<(?:[\w-]+:)?token>([^<]*)<`)
	namePattern    = regexp.MustCompile(`<(?:[\w-]+:)?name>([^<]*)<`)
	taskPattern    = regexp.MustCompile(`<(?:[\w-]+:)?obj [^>]*type="Task"[^>]*>([^<]*)<`)
	statePattern   = regexp.MustCompile(`(<val[^>]*TaskInfoState"[^>]*>)success(</val>)`)
)

func first(pattern *regexp.Regexp, text []byte) string {
	found := pattern.FindSubmatch(text)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// ---- answers ----

const envelope = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
	`<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`

func answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprintf(w, envelope, body)
}

func answerFault(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, envelope, fmt.Sprintf(`<soapenv:Fault><faultcode>ServerFaultCode</faultcode>`+
		`<faultstring>as told: %s</faultstring><detail><%sFault xmlns="urn:vim25" xsi:type="%s"></%sFault></detail></soapenv:Fault>`,
		kind, kind, kind, kind))
}

// answerTask: a task that has ended by the time it is asked for.
func answerTask(w http.ResponseWriter, method, this string, run func() types.BaseMethodFault) {
	object := types.ManagedObjectReference{Type: "VirtualMachine", Value: this}
	task := simulator.CreateTask(object, strings.TrimSuffix(method, "_Task"), func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		return nil, run()
	})
	reference := task.Run()
	answer(w, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"><returnval type="Task">%s</returnval></%sResponse>`,
		method, reference.Value, method))
}

func faultOf(kind string) types.BaseMethodFault {
	found, ok := types.TypeFunc()(kind)
	if !ok {
		return &types.NotSupported{}
	}
	fault, ok := reflect.New(found).Interface().(types.BaseMethodFault)
	if !ok {
		return &types.NotSupported{}
	}
	return fault
}

// ---- lies ----

// lieFor: the lie that fits the call, if any; told once less from now on.
func (f *front) lieFor(method, this string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls = append(f.calls, method+" "+this)
	for _, l := range f.lies {
		if l.times == 0 || (l.method != "*" && l.method != method) {
			continue
		}
		if l.uuid != "" {
			vm := findVM(l.uuid)
			if vm == nil || vm.Self.Value != this {
				continue
			}
		}
		if l.times > 0 {
			l.times--
		}
		return l.how
	}
	return ""
}

// forward asks the simulator something else with the caller's session.
func (f *front) forward(r *http.Request, body string) {
	request := httptest.NewRequest(http.MethodPost, "/sdk", strings.NewReader(fmt.Sprintf(envelope, body)))
	for _, cookie := range r.Cookies() {
		request.AddCookie(cookie)
	}
	f.behind.ServeHTTP(httptest.NewRecorder(), request)
}

func (f *front) tell(w http.ResponseWriter, r *http.Request, how, method, this string) {
	kind := strings.SplitN(how, ":", 2)
	switch kind[0] {
	case "pretend": // success, and nothing is done
		answerTask(w, method, this, func() types.BaseMethodFault { return nil })
	case "fault":
		answerFault(w, kind[1])
	case "task-fault":
		answerTask(w, method, this, func() types.BaseMethodFault { return faultOf(kind[1]) })
	case "keep-files": // taken off the inventory, its files stay
		f.forward(r, fmt.Sprintf(`<UnregisterVM xmlns="urn:vim25"><_this type="VirtualMachine">%s</_this></UnregisterVM>`, this))
		answerTask(w, method, this, func() types.BaseMethodFault { return nil })
	case "expire": // the session has ended
		f.forward(r, `<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout>`)
		answerFault(w, "NotAuthenticated")
	case "hang":
		<-r.Context().Done()
	case "huge": // more than anybody wants
		w.Header().Set("Content-Type", "text/xml")
		piece := bytes.Repeat([]byte(" "), 1<<20)
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	case "redirect":
		http.Redirect(w, r, "/test/vms", http.StatusTemporaryRedirect)
	case "status":
		status, _ := strconv.Atoi(kind[1])
		w.WriteHeader(status)
	case "cut":
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			connection.Close()
		}
	default:
		http.Error(w, "no such lie: "+how, http.StatusTeapot)
	}
}

// ---- what the simulator lacks ----

func extentOf(file string) string {
	return strings.TrimSuffix(file, ".vmdk") + "-flat.vmdk"
}

// fileOf: "[ds0] a/b.vmdk" in our folder; "" for what is no such place.
func (f *front) fileOf(place string) string {
	end := strings.Index(place, "] ")
	if !strings.HasPrefix(place, "[") || end < 0 {
		return ""
	}
	return filepath.Join(f.folder, place[1:end], place[end+2:])
}

func (f *front) fillWithZeros(place string) types.BaseMethodFault {
	file := f.fileOf(place)
	information, err := os.Stat(extentOf(file))
	if file == "" || err != nil {
		return &types.FileNotFound{}
	}
	for _, vm := range allVMs() {
		if usesPlace(vm, place) && vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn {
			return &types.FileLocked{}
		}
	}
	must(ioutil.WriteFile(extentOf(file), make([]byte, information.Size()), 0600))
	return nil
}

// destroy keeps what lies in the VM's folder and is not the VM's: the simulator would remove the whole folder.
func (f *front) destroy(w http.ResponseWriter, r *http.Request, this string) {
	object := simulator.Map.Get(types.ManagedObjectReference{Type: "VirtualMachine", Value: this})
	vm, ok := object.(*simulator.VirtualMachine)
	if !ok {
		f.behind.ServeHTTP(w, r)
		return
	}
	home := filepath.Dir(f.fileOf(vm.Config.Files.VmPathName))
	aside := filepath.Join(f.folder, "aside-"+this)
	must(os.Mkdir(aside, 0700))
	entries, _ := ioutil.ReadDir(home)
	moved := 0
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".vmdk") && !f.ownDisk(vm, filepath.Join(home, entry.Name())) {
			must(os.Rename(filepath.Join(home, entry.Name()), filepath.Join(aside, entry.Name())))
			moved++
		}
	}
	f.behind.ServeHTTP(w, r)
	if moved == 0 {
		must(os.Remove(aside))
		return
	}
	_ = os.Mkdir(home, 0700)
	entries, _ = ioutil.ReadDir(aside)
	for _, entry := range entries {
		must(os.Rename(filepath.Join(aside, entry.Name()), filepath.Join(home, entry.Name())))
	}
	must(os.Remove(aside))
}

// ownDisk: does the file belong to one of the VM's disks, not to what these stand on?
func (f *front) ownDisk(vm *simulator.VirtualMachine, file string) bool {
	for _, place := range placesOf(vm) {
		if own := f.fileOf(place); own == file || extentOf(own) == file {
			return true
		}
	}
	return false
}

// page cuts an answer with many objects into pages.
func (f *front) page(text []byte, limit int) []byte {
	parts := strings.Split(string(text), "<objects>")
	if len(parts)-1 <= limit {
		return text
	}
	last := parts[len(parts)-1]
	end := strings.Index(last, "</objects>") + len("</objects>")
	tail := last[end:]
	parts[len(parts)-1] = last[:end]
	f.mutex.Lock()
	f.tokens++
	token := strconv.Itoa(f.tokens)
	f.pages[token] = parts[limit+1:]
	f.mutex.Unlock()
	return []byte(parts[0] + "<token>" + token + "</token><objects>" + strings.Join(parts[1:limit+1], "<objects>") + tail)
}

func (f *front) nextPage(w http.ResponseWriter, body []byte) {
	token := first(tokenPattern, body)
	f.mutex.Lock()
	rest, ok := f.pages[token]
	delete(f.pages, token)
	limit := f.options.page
	var more string
	if ok && len(rest) > limit {
		f.tokens++
		more = strconv.Itoa(f.tokens)
		f.pages[more] = rest[limit:]
		rest = rest[:limit]
	}
	f.mutex.Unlock()
	if !ok {
		answerFault(w, "InvalidProperty")
		return
	}
	text := ""
	if more != "" {
		text = "<token>" + more + "</token>"
	}
	for _, object := range rest {
		text += "<objects>" + object
	}
	answer(w, `<ContinueRetrievePropertiesExResponse xmlns="urn:vim25"><returnval>`+text+
		`</returnval></ContinueRetrievePropertiesExResponse>`)
}

// delay says of a task that has ended that it still runs, as often as was asked for.
func (f *front) delay(text []byte) []byte {
	task := first(taskPattern, text)
	if task == "" {
		return text
	}
	f.mutex.Lock()
	f.asked[task]++
	early := f.asked[task] <= f.polls
	f.mutex.Unlock()
	if early {
		return statePattern.ReplaceAll(text, []byte("${1}running${2}"))
	}
	return text
}

// mendLayouts lists each VM's files where they are: the simulator forgets their folder.
func (f *front) mendLayouts() {
	for _, vm := range allVMs() {
		simulator.Map.WithLock(vm, func() { f.mendLayout(vm) })
	}
}

func (f *front) mendLayout(vm *simulator.VirtualMachine) {
	var files []types.VirtualMachineFileLayoutExFileInfo
	known := map[string]bool{}
	key := int32(1000)
	for _, file := range vm.LayoutEx.File {
		name := f.fileOf(file.Name)
		if strings.HasSuffix(name, ".vmdk") && !f.ownDisk(vm, name) {
			continue // it was detached
		}
		if information, err := os.Stat(name); err == nil && !information.IsDir() {
			files = append(files, file)
			known[file.Name] = true
			if file.Key >= key {
				key = file.Key + 1
			}
		}
	}
	home := filepath.Dir(vm.Config.Files.VmPathName) // "[ds0] vm-0001"
	entries, _ := ioutil.ReadDir(f.fileOf(home))
	for _, entry := range entries {
		kind, ok := map[string]string{".vmx": "config", ".nvram": "nvram", ".log": "log"}[filepath.Ext(entry.Name())]
		if place := home + "/" + entry.Name(); ok && !known[place] {
			files = append(files, types.VirtualMachineFileLayoutExFileInfo{Key: key, Name: place, Type: kind, Size: entry.Size()})
			key++
		}
	}
	vm.LayoutEx.File = files
}

func (f *front) properties(w http.ResponseWriter, r *http.Request, body []byte) {
	limit := f.options.page
	if wanted, err := strconv.Atoi(first(maximumPattern, body)); err == nil && wanted < limit {
		limit = wanted
	}
	if bytes.Contains(body, []byte("layoutEx")) {
		f.mendLayouts()
	}
	recorder := httptest.NewRecorder()
	f.behind.ServeHTTP(recorder, r)
	for key, values := range recorder.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(f.page(f.delay(recorder.Body.Bytes()), limit))
}

func (f *front) serveSDK(w http.ResponseWriter, r *http.Request) {
	body, err := ioutil.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = ioutil.NopCloser(bytes.NewReader(body))
	method, this := first(methodPattern, body), first(thisPattern, body)
	if how := f.lieFor(method, this); how != "" {
		f.tell(w, r, how, method, this)
		return
	}
	switch method {
	case "RetrievePropertiesEx":
		f.properties(w, r, body)
	case "ContinueRetrievePropertiesEx":
		f.nextPage(w, body)
	case "Destroy_Task":
		f.destroy(w, r, this)
	case "CurrentTime":
		answer(w, `<CurrentTimeResponse xmlns="urn:vim25"><returnval>`+
			time.Now().Add(f.offset).UTC().Format("2006-01-02T15:04:05.999999Z")+`</returnval></CurrentTimeResponse>`)
	case "ZeroFillVirtualDisk_Task":
		if !f.zeroFill || !bytes.Contains(body, []byte(`datacenter type="Datacenter"`)) {
			answerFault(w, "NotSupported")
			return
		}
		place := first(namePattern, body)
		answerTask(w, method, this, func() types.BaseMethodFault { return f.fillWithZeros(place) })
	default:
		f.behind.ServeHTTP(w, r)
	}
}
