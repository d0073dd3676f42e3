//! The relay's sandbox from inside: everything that somebody who took over the relay would try next, tried.
//!
//! Each attempt is made twice, in a process of its own: free, where it has to work or the attempt would show nothing, and shut in, where it
//! has to be refused. `softinfo-relay --show-sandbox` tells an operator the same of their machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use scene::{Channel, DESK, INSPECTORATE, RELAY, Scene, TIP, complete, eventually};
use softinfo_relay::sandbox::{self, Openings};

const FOLDER: &str = "SOFTINFO_TEST_FOLDER";
const SHUT_IN: &str = "SOFTINFO_TEST_SHUT_IN";

/// A process that somebody else controls now: it knows a folder it may use and much that it may not.
struct Intruder {
    folder: PathBuf,
    /// Another process. Asked for before, because inside there is no such call.
    parent: i64,
    /// Sockets that it had before: a listener with callers who wait, two connections of callers on TCP and a Unix socket, and one to a
    /// supervisor that reads what is sent to it.
    listener: TcpListener,
    caller: TcpStream,
    local: UnixStream,
    supervisor: UnixDatagram,
    /// The other ends.
    _there: (Vec<TcpStream>, UnixStream),
}

type Attempt = (&'static str, fn(&Intruder) -> io::Result<()>);

/// What must be refused. All of it is harmless where it works.
const ATTEMPTS: &[Attempt] = &[
    ("read a file of the system", |_| fs::read("/etc/passwd").map(drop)),
    ("list a folder of the system", |_| fs::read_dir("/usr").map(drop)),
    ("read what is beside the store", |it| fs::read(it.outside("secret")).map(drop)),
    ("write beside the store", |it| fs::write(it.outside("new"), "x")),
    ("shorten a file beside the store", |it| {
        File::options().write(true).truncate(true).open(it.outside("spare")).map(drop)
    }),
    ("delete a file beside the store", |it| fs::remove_file(it.outside("spare"))),
    ("carry a file out of the store", |it| fs::rename(it.inside("tip"), it.outside("tip"))),
    ("give a file of the store a second name outside", |it| fs::hard_link(it.inside("other"), it.outside("other"))),
    ("make a symbolic link in the store", |it| symlink("/etc", it.inside("link"))),
    ("make a pipe in the store", |it| call(libc::SYS_mknodat, [at(), text(&it.inside("pipe\0")), 0o10_600, 0])),
    ("make a socket in the store", |it| UnixListener::bind(it.inside("socket")).map(drop)),
    ("start a program", |_| Command::new("/bin/true").status().map(drop)),
    ("start this program again", |_| Command::new("/proc/self/exe").arg("--help").output().map(drop)),
    ("listen on TCP", |_| TcpListener::bind("127.0.0.1:0").map(drop)),
    ("call over TCP", |it| TcpStream::connect(("127.0.0.1", it.port())).map(drop)),
    ("open UDP", |_| UdpSocket::bind("127.0.0.1:0").map(drop)),
    ("call a Unix socket", |it| UnixStream::connect(it.outside("service")).map(drop)),
    ("open a Unix datagram", |_| UnixDatagram::unbound().map(drop)),
    ("keep a pair of datagram sockets", |_| UnixDatagram::pair().map(drop)),
    ("take a connection and the address it comes from", |it| name(libc::SYS_accept4, &it.listener)),
    ("ask whose a connection is", |it| name(libc::SYS_getpeername, &it.caller)),
    ("ask whose a connection is, as an option", |it| option(&it.caller, libc::SOL_SOCKET, SO_PEERNAME)),
    ("ask which process is at the other end", |it| option(&it.local, libc::SOL_SOCKET, libc::SO_PEERCRED)),
    ("read the first packet of a connection", |it| option(&it.caller, libc::IPPROTO_TCP, libc::TCP_SAVED_SYN)),
    ("have first packets kept", |it| set_option(&it.listener, libc::IPPROTO_TCP, libc::TCP_SAVE_SYN)),
    ("have packets handed back with their addresses", |it| {
        set_option(&it.caller, libc::SOL_SOCKET, libc::SO_TIMESTAMPING)
    }),
    ("filter what arrives by a program of its own", |it| {
        set_option(&it.caller, libc::SOL_SOCKET, libc::SO_DETACH_FILTER)
            .or_else(|error| if error.raw_os_error() == Some(libc::ENOENT) { Ok(()) } else { Err(error) })
    }),
    ("read packets that were handed back", |it| receive(&it.caller, libc::MSG_ERRQUEUE, false)),
    ("receive with an address", |it| receive(&it.local, 0, true)),
    ("receive a message with an address and more", |it| message(libc::SYS_recvmsg, &it.local, None)),
    ("ask for its own address", |it| name(libc::SYS_getsockname, &it.caller)),
    ("ask for the addresses of the machine", |it| {
        let mut list =
            libc::ifconf { ifc_len: 0, ifc_ifcu: libc::__c_anonymous_ifc_ifcu { ifcu_buf: std::ptr::null_mut() } };
        call(libc::SYS_ioctl, [fd(&it.listener), libc::SIOCGIFCONF as i64, &raw mut list as i64, 0])
    }),
    ("read the table of connections", |_| fs::read("/proc/thread-self/net/tcp").map(drop)),
    ("send to another socket than the supervisor's", |it| {
        let (to, length) = address(&it.outside("mailbox"));
        // SAFETY: the buffer and the address live until the call has returned.
        let sent = unsafe {
            libc::syscall(libc::SYS_sendto, fd(&it.supervisor), c"x".as_ptr(), 1_i64, 0_i64, &raw const to, length)
        };
        if sent == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }),
    ("send a message to another socket than the supervisor's", |it| {
        message(libc::SYS_sendmsg, &it.supervisor, Some(&it.outside("mailbox")))
    }),
    ("make a listener a caller", |it| {
        let (listener, flags) = (i64::from(it.listener.as_raw_fd()), i64::from(libc::MSG_FASTOPEN));
        call(libc::SYS_shutdown, [listener, i64::from(libc::SHUT_RD), 0, 0])?;
        let to = socket2::SockAddr::from(std::net::SocketAddr::from(([127, 0, 0, 1], it.port())));
        let (address, length) = (to.as_ptr() as i64, i64::from(to.len()));
        // SAFETY: the buffer and the address live until the call has returned.
        let sent = unsafe { libc::syscall(libc::SYS_sendto, listener, c"x".as_ptr(), 1_i64, flags, address, length) };
        // Begun and under way is enough.
        let error = io::Error::last_os_error();
        if sent == -1 && error.raw_os_error() != Some(libc::EINPROGRESS) { Err(error) } else { Ok(()) }
    }),
    ("signal another process's thread", |it| call(libc::SYS_tgkill, [it.parent, it.parent, 0, 0])),
    ("open netlink", |_| socket(libc::AF_NETLINK, libc::SOCK_RAW)),
    ("open a raw socket", |_| socket(libc::AF_PACKET, libc::SOCK_RAW)),
    ("open a socket of virtual machines", |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM)),
    ("look at another process", |it| fs::read(format!("/proc/{}/environ", it.parent)).map(drop)),
    ("signal another process", |it| call(libc::SYS_kill, [it.parent, 0, 0, 0])),
    ("trace another process", |it| {
        call(libc::SYS_ptrace, [i64::from(libc::PTRACE_SEIZE), it.parent, 0, 0])?;
        call(libc::SYS_ptrace, [i64::from(libc::PTRACE_DETACH), it.parent, 0, 0]).or(Ok(()))
    }),
    ("get a handle of another process", |it| call(libc::SYS_pidfd_open, [it.parent, 0, 0, 0])),
    ("keep code in memory only", |_| call(libc::SYS_memfd_create, [c"x".as_ptr() as i64, 0, 0, 0])),
    ("map memory that can be run", |_| map(libc::PROT_READ | libc::PROT_EXEC)),
    ("map memory that can be written and run", |_| map(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC)),
    ("leave for another namespace", |_| call(libc::SYS_unshare, [i64::from(libc::CLONE_NEWUTS), 0, 0, 0])),
    ("change its user", |_| call(libc::SYS_setuid, [0, 0, 0, 0])),
    ("change its root", |_| call(libc::SYS_chroot, [c"/".as_ptr() as i64, 0, 0, 0])),
    ("be dumped again", |_| call(libc::SYS_prctl, [i64::from(libc::PR_SET_DUMPABLE), 1, 0, 0])),
    ("raise a limit again", |_| {
        let limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        call(libc::SYS_prlimit64, [0, i64::from(libc::RLIMIT_CORE), &raw const limit as i64, 0])
    }),
];

/// What no Landlock refuses: how an attempt came out is said by `docs/threat-model.md`, in these words.
const SEEN: &[(&str, Attempt)] = &[
    (
        "that a file exists, its size, times and owner",
        ("see a file elsewhere", |it| fs::metadata(it.outside("secret")).map(drop)),
    ),
    ("where a link leads", ("see where a link leads", |it| fs::read_link(it.outside("elsewhere")).map(drop))),
    (
        "that another process runs, and whose it is",
        ("see another process", |it| fs::metadata(format!("/proc/{}", it.parent)).map(drop)),
    ),
];

/// What the relay needs.
const OWN: [&str; 5] = ["own files", "own threads", "own listener", "own connections", "own supervisor"];

/// Calls that only break out of things; free, they may say anything, inside they must be refused by the filter.
const CALLS: &[(&str, libc::c_long)] = &[
    ("add_key", libc::SYS_add_key),
    ("bpf", libc::SYS_bpf),
    ("accept", libc::SYS_accept),
    ("connect", libc::SYS_connect),
    ("recvmmsg", libc::SYS_recvmmsg),
    ("sendmmsg", libc::SYS_sendmmsg),
    ("bind", libc::SYS_bind),
    ("listen", libc::SYS_listen),
    ("execve", libc::SYS_execve),
    ("execveat", libc::SYS_execveat),
    ("finit_module", libc::SYS_finit_module),
    ("fsopen", libc::SYS_fsopen),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("kexec_load", libc::SYS_kexec_load),
    ("keyctl", libc::SYS_keyctl),
    ("mount", libc::SYS_mount),
    ("move_mount", libc::SYS_move_mount),
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("pivot_root", libc::SYS_pivot_root),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("setns", libc::SYS_setns),
    ("userfaultfd", libc::SYS_userfaultfd),
];

impl Intruder {
    fn new(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // As a relay might have been made to set them before it was shut in: what they bring must be out of reach afterwards.
        set_option(&listener, libc::IPPROTO_TCP, libc::TCP_SAVE_SYN).unwrap();
        let mut there: Vec<_> = (0..3).map(|_| TcpStream::connect(listener.local_addr().unwrap()).unwrap()).collect();
        let mut caller = listener.accept().unwrap().0;
        set_option(&caller, libc::SOL_SOCKET, libc::SO_TIMESTAMPING).unwrap();
        caller.write_all(b"x").unwrap();
        there[0].read_exact(&mut [0]).unwrap();
        let (local, mut other) = UnixStream::pair().unwrap();
        other.write_all(b"several bytes").unwrap();
        let supervisor = UnixDatagram::unbound().unwrap();
        supervisor.connect(folder.join("supervisor")).unwrap();
        let parent = i64::from(std::os::unix::process::parent_id());
        Self { folder, parent, listener, caller, local, supervisor, _there: (there, other) }
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.folder.join("store").join(name)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn port(&self) -> u16 {
        std::env::var("SOFTINFO_TEST_PORT").unwrap().parse().unwrap()
    }
}

fn at() -> i64 {
    i64::from(libc::AT_FDCWD)
}

/// The address of a path that ends with a zero byte. It is kept for good, which a process that ends at once can afford.
fn text(path: &Path) -> i64 {
    let bytes: &'static [u8] = Box::leak(path.to_str().unwrap().to_owned().into_boxed_str()).as_bytes();
    bytes.as_ptr() as i64
}

/// One system call with its arguments, as the kernel takes it.
fn call(number: libc::c_long, [a, b, c, d]: [i64; 4]) -> io::Result<()> {
    // SAFETY: every call above passes pointers to memory that stays, or none; what is made is left to the end of the process.
    let answer = unsafe { libc::syscall(number, a, b, c, d, 0_i64) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The name of a peer as an option of its socket (linux, asm-generic/socket.h); the crate `libc` doesn't have it on all machines.
const SO_PEERNAME: i32 = 28;

fn fd(of: &impl AsRawFd) -> i64 {
    i64::from(of.as_raw_fd())
}

/// One of the calls that write an address of a socket.
fn name(number: libc::c_long, of: &impl AsRawFd) -> io::Result<()> {
    let (mut address, mut length) = ([0_u8; 128], 128_u32);
    call(number, [fd(of), address.as_mut_ptr() as i64, &raw mut length as i64, 0])
}

fn option(of: &impl AsRawFd, level: i32, option: i32) -> io::Result<()> {
    // The kernel wants no more room for a name than it has bytes.
    let (mut value, mut length) =
        ([0_u8; 512], if (level, option) == (libc::SOL_SOCKET, SO_PEERNAME) { 16 } else { 512 });
    // SAFETY: both outlive the call, and the length is that of the value.
    let answer = unsafe { libc::getsockopt(of.as_raw_fd(), level, option, value.as_mut_ptr().cast(), &raw mut length) };
    match (answer, length) {
        (0, 0) => Err(io::ErrorKind::UnexpectedEof.into()),
        (0, _) => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sent packets are kept with their headers, and received ones get a time.
const KEPT: u32 = libc::SOF_TIMESTAMPING_TX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;

fn set_option(of: &impl AsRawFd, level: i32, option: i32) -> io::Result<()> {
    let value = if option == libc::SO_TIMESTAMPING { KEPT } else { 1 };
    // SAFETY: the value outlives the call.
    let answer = unsafe { libc::setsockopt(of.as_raw_fd(), level, option, (&raw const value).cast(), 4) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn receive(from: &impl AsRawFd, flags: i32, ask: bool) -> io::Result<()> {
    let (mut bytes, mut address, mut length) = ([0_u8; 64], [0_u8; 128], 128_u32);
    let to = if ask { (address.as_mut_ptr() as i64, &raw mut length as i64) } else { (0, 0) };
    // SAFETY: all outlive the call, and the lengths are theirs.
    let got =
        unsafe { libc::syscall(libc::SYS_recvfrom, fd(from), bytes.as_mut_ptr(), 1_i64, i64::from(flags), to.0, to.1) };
    if got == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn address(path: &Path) -> (libc::sockaddr_un, i64) {
    let to = socket2::SockAddr::unix(path).unwrap();
    // SAFETY: a Unix address is no longer than this, and the rest is zero.
    let copied = unsafe { to.as_ptr().cast::<libc::sockaddr_un>().read() };
    (copied, i64::from(to.len()))
}

/// One byte in a message, with room for an address or to one.
fn message(number: libc::c_long, socket: &impl AsRawFd, to: Option<&Path>) -> io::Result<()> {
    let mut byte = [0_u8];
    let mut bytes = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    let (mut to, length) = to.map_or_else(|| address(Path::new("x")), address);
    // SAFETY: zero is a message without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    (message.msg_iov, message.msg_iovlen) = (&raw mut bytes, 1);
    (message.msg_name, message.msg_namelen) = ((&raw mut to).cast(), u32::try_from(length).unwrap());
    call(number, [fd(socket), &raw mut message as i64, 0, 0])
}

fn socket(family: i32, kind: i32) -> io::Result<()> {
    call(libc::SYS_socket, [i64::from(family), i64::from(kind), 0, 0])
}

fn map(rights: i32) -> io::Result<()> {
    // SAFETY: a new mapping of a page, which nobody uses.
    let page =
        unsafe { libc::mmap(std::ptr::null_mut(), 4096, rights, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
    if page == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[test]
#[ignore = "started by the tests below, in a process that is then lost"]
fn intruder() {
    let folder = std::env::var_os(FOLDER).expect("started by another test").into();
    let it = Intruder::new(folder);
    let shut_in = std::env::var_os(SHUT_IN).is_some();
    if shut_in {
        let report = sandbox::enter(&Openings { written: vec![it.inside("")], read: Vec::new() }).unwrap();
        print!("{report}");
    }
    let says = |what: &str, result: io::Result<()>| match result {
        Ok(()) => println!("= {what} = it worked"),
        Err(error) => println!("= {what} = {}", error.raw_os_error().unwrap_or(0)),
    };
    // What the relay needs still works: its files, threads, connections over sockets it had.
    let own = fs::write(it.inside("own"), "x").and_then(|()| fs::rename(it.inside("own"), it.inside("moved")));
    says(
        "own files",
        own.and_then(|()| fs::read(it.inside("moved"))).and_then(|_| fs::remove_file(it.inside("moved"))),
    );
    says("own threads", std::thread::spawn(|| ()).join().map_err(|_| io::ErrorKind::Other.into()));
    says("own listener", call(libc::SYS_accept4, [fd(&it.listener), 0, 0, i64::from(libc::SOCK_CLOEXEC)]));
    says("own connections", (&it.caller).write_all(b"x").and_then(|()| receive(&it.local, 0, false)));
    says("own supervisor", it.supervisor.send(b"WATCHDOG=1").map(drop));
    if shut_in {
        CALLS.iter().for_each(|(name, number)| says(name, call(*number, [0; 4])));
    }
    ATTEMPTS.iter().chain(SEEN.iter().map(|(_, attempt)| attempt)).for_each(|(what, attempt)| says(what, attempt(&it)));
}

/// What came of each attempt: `it worked`, or the number of the error.
fn attempts(shut_in: bool) -> BTreeMap<String, String> {
    let folder = scene::folder();
    fs::create_dir(folder.path().join("store")).unwrap();
    for name in ["secret", "spare", "store/tip", "store/other"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    symlink("secret", folder.path().join("elsewhere")).unwrap();
    let service = UnixListener::bind(folder.path().join("service")).unwrap();
    let boxes = ["supervisor", "mailbox"].map(|name| UnixDatagram::bind(folder.path().join(name)).unwrap());
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "sandbox::intruder", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env("SOFTINFO_TEST_PORT", port.local_addr().unwrap().port().to_string());
    if shut_in {
        command.env(SHUT_IN, "1");
    }
    let run = complete(&mut command);
    drop((service, boxes));
    let lines = run.out.lines().filter_map(|line| line.split_once("= ")?.1.split_once(" = "));
    let said: BTreeMap<_, _> = lines.map(|(what, came)| (what.to_owned(), came.to_owned())).collect();
    let expected = ATTEMPTS.len() + SEEN.len() + OWN.len() + if shut_in { CALLS.len() } else { 0 };
    assert_eq!(said.len(), expected, "{run:?}");
    said
}

/// Row 16 of issue 10: `accept4` and `getsockopt(SO_PEERNAME)` gave the caller's address, and nothing was said of `stat`.
#[test]
fn everything_an_intruder_tries_is_refused_or_said() {
    let (free, shut_in) = (attempts(false), attempts(true));
    for what in OWN {
        assert_eq!((&*free[what], &*shut_in[what]), ("it worked", "it worked"), "{what}");
    }
    let refused = [libc::EPERM, libc::EACCES].map(|error| error.to_string());
    for (what, _) in ATTEMPTS {
        assert_eq!(free[*what], "it worked", "free: {what}");
        // A file can't be carried between folders of different rights: Landlock calls that another device.
        let is_refused = refused.contains(&shut_in[*what]) || shut_in[*what] == libc::EXDEV.to_string();
        assert!(is_refused, "shut in: {what}: {}", shut_in[*what]);
    }
    for (name, _) in CALLS {
        assert_eq!(shut_in[*name], libc::EPERM.to_string(), "{name}");
    }
    let threats = fs::read_to_string(format!("{}/docs/threat-model.md", scene::PROJECT)).unwrap();
    for (words, (what, _)) in SEEN {
        assert_eq!(free[*what], "it worked", "free: {what}");
        assert!(
            shut_in[*what] != "it worked" || threats.contains(words),
            "{what}: docs/threat-model.md does not say so"
        );
    }
}

#[test]
fn an_operator_is_shown_what_holds() {
    let scene = Scene::new();
    let config = scene.path("relay.toml");
    let shown = complete(Command::new(RELAY).args(["--show-sandbox", "--config"]).arg(&config));
    let shown = shown.ok();
    assert!(
        shown
            .out
            .lines()
            .all(|line| line.starts_with("holds") || ["swap", "seen"].iter().any(|what| line.contains(what))),
        "{}",
        shown.out
    );
    for what in ["no_new_privs", "Landlock", "seccomp", "no other program", "no TCP socket", "no file elsewhere"] {
        assert!(shown.out.contains(what), "{}", shown.out);
    }
    // This relay has no root of its own, so it sees the files of the machine, and says so.
    assert!(shown.out.contains("MISSING  no file elsewhere is seen"), "{}", shown.out);
    // A folder that isn't there can't be left open, so the relay doesn't start.
    let text = Scene::config_for(&Channel::example(), "folder = \"/proc/nowhere/store\"\n");
    fs::write(&config, text).unwrap();
    assert_ne!(complete(Command::new(RELAY).arg("--config").arg(&config)).code, 0);
}

/// A line of a file of /proc, or nothing once the process is gone.
fn line_of(process: u32, file: &str, start: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned()
}

/// Programs that have secrets in memory, held while they wait for what a person types.
#[test]
fn programs_that_hold_secrets_leave_no_core_dump_and_let_no_other_program_look_in() {
    use std::os::unix::fs::MetadataExt;
    let scene = Scene::new();
    let directory = scene.channel.directory.to_str().unwrap();
    let seal =
        ["seal", "--leave-no-trace", "--no-receipt", "--to", INSPECTORATE, "--directory", directory, "--message", "-"];
    let keygen =
        ["--passphrase-fd", "3", "keygen", "--holder", "unit", "--kind", "ngo", "--from", "2026-11", "--epochs", "1"];
    let withdraw = ["withdraw", "--relay", "http://127.0.0.1:1"];
    let nobody = 65_534;
    for (program, arguments) in [(TIP, &seal[..]), (TIP, &withdraw), (DESK, &keygen)] {
        // As somebody who is not root: the files of a process that gives nothing away are root's all the same. The program comes as an open
        // file, whoever may read the folder it is in.
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(nobody), None)
            .expect("this test changes an owner and has to run as root");
        let line = "mkfifo -m 666 \"$HOME/typed\"; exec setpriv --reuid 65534 --clear-groups /proc/self/fd/9 \"$@\" 3<>\"$HOME/typed\" 9<\"$0\"";
        let mut command = scene.command("sh", &["-c", line, program]);
        command.args(arguments).env("HOME", folder.path()).env("SOFTINFO_DESK", folder.path().join("desk"));
        if arguments[0] == "seal" {
            command.arg("--out").arg(folder.path().join("out.age"));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let id = child.id();
        // By then it is that program: it waits for a line.
        let waits =
            || line_of(id, "status", "State:").contains("sleeping") && line_of(id, "status", "Name:").contains('9');
        eventually(waits);
        eventually(|| line_of(id, "limits", "Max core file size").split_whitespace().nth(4) == Some("0"));
        let limit = line_of(id, "limits", "Max core file size");
        assert_eq!(limit.split_whitespace().nth(5), Some("0"), "{limit}");
        assert!(line_of(id, "status", "Uid:").contains("65534"));
        eventually(|| fs::metadata(format!("/proc/{id}/status")).is_ok_and(|file| file.uid() == 0));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn memory_is_locked_for_whom_no_limit_holds_and_a_limit_takes_no_memory_away() {
    let scene = Scene::new();
    // Root, who may lock.
    let mut child = scene
        .command(TIP, &["withdraw", "--relay", "http://127.0.0.1:1"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let locked =
        || line_of(child.id(), "status", "VmLck:").split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
    eventually(|| locked().is_some_and(|kib| kib > 0));
    drop(child.stdin.take());
    child.wait().unwrap();
    // Somebody with a limit that is enough for the program, and not for the 256 MiB that a key's passphrase takes.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
    let line = "echo 'a passphrase for tests only' >\"$HOME/typed\"; exec $LIMIT setpriv --reuid 65534 --clear-groups \
                /proc/self/fd/9 --passphrase-fd 3 keygen --holder unit --kind ngo --from 2026-11 --epochs 1 3<\"$HOME/typed\" 9<\"$0\"";
    let mut command = scene.command("sh", &["-c", line, DESK]);
    command.env("HOME", folder.path()).env("SOFTINFO_DESK", folder.path().join("desk"));
    // Where even root may not set that limit there is a smaller one.
    let limit = "prlimit --memlock=67108864:67108864";
    let may_set = complete(scene.command("sh", &["-c", limit]).arg("true")).code == 0;
    let has_limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current.is_some();
    assert!(may_set || has_limit);
    command.env("LIMIT", if may_set { limit } else { "" });
    complete(command.current_dir("/")).ok();
    assert!(folder.path().join("desk/keys/unit").exists());
}
