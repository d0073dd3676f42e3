//! The system calls that stay: memory, threads, time, files it has or may open, and the sockets that are open already.
//!
//! In: the machine it runs on. Out: two filters for the kernel. Touches nothing; `enter` applies them.
//!
//! All others fail with EPERM. There is no call here that makes a socket, starts a program or looks into another process.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// On every machine.
const ALLOWED: &[c_long] = &[
    // Memory. Mapping and protecting are below.
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mlock,
    libc::SYS_mremap,
    libc::SYS_munlock,
    libc::SYS_munmap,
    // Threads and signals.
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    // Time and chance.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    // Files. Which ones is Landlock's part.
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_faccessat,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sync_file_range,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
    libc::SYS_write,
    libc::SYS_writev,
    // What waits for sockets. Using them is below.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    // Who and where we are, which harms nobody.
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getuid,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Older forms of the same, which only this machine has.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_stat,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// Flags that tell a thread from a process, and those of new namespaces (clone(2)).
const THREAD: u64 = libc::CLONE_THREAD as u64;
const NEW: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// The kind of a socket, without its flags (socket(2)).
const SOCKET_KIND: u64 = 0xf;

/// The filters, for the machine it runs on, in the order they are to be applied.
pub(super) fn filters() -> Result<[BpfProgram; 2], BackendError> {
    // The second takes away what is needed to apply the first.
    Ok([hide_clone3()?, allow()?])
}

/// The C library takes this answer as one of an older kernel and uses `clone`, whose flags a filter can see.
fn hide_clone3() -> Result<BpfProgram, BackendError> {
    let rules = [(libc::SYS_clone3, Vec::new())].into();
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, absent, arch()?)?.try_into()
}

fn arch() -> Result<TargetArch, BackendError> {
    TargetArch::try_from(std::env::consts::ARCH)
}

fn allow() -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(OLDER).map(|call| (*call, Vec::new())).collect();
    let condition = SeccompCondition::new;
    let equal = |argument, value| {
        condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    let masked = |argument, bits, value| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bits), value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    let execute = libc::PROT_EXEC as u64;
    // No page becomes code.
    rules.insert(libc::SYS_mmap, vec![masked(2, execute, 0)?]);
    rules.insert(libc::SYS_mprotect, vec![masked(2, execute, 0)?]);
    rules.insert(libc::SYS_clone, vec![masked(0, THREAD | NEW, THREAD)?]);
    // A pair of datagram sockets could be sent on to any other by its path.
    rules.insert(
        libc::SYS_socketpair,
        vec![SeccompRule::new(vec![
            condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::AF_UNIX as u64)?,
            condition(1, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(SOCKET_KIND), libc::SOCK_STREAM as u64)?,
        ])?],
    );
    sockets(&mut rules)?;
    // A listener whose reading is shut could become another's caller.
    rules.insert(libc::SYS_shutdown, vec![equal(1, libc::SHUT_WR as u64)?]);
    // Threads have names; limits are read.
    rules.insert(libc::SYS_prctl, vec![equal(0, libc::PR_SET_NAME as u64)?, equal(0, libc::PR_GET_DUMPABLE as u64)?]);
    rules.insert(libc::SYS_prlimit64, vec![nothing_new()?]);
    rules.insert(libc::SYS_getrlimit, Vec::new());
    // Whether standard error is a terminal, and non-blocking sockets.
    rules.insert(libc::SYS_ioctl, vec![equal(1, libc::TCGETS)?, equal(1, libc::FIONBIO)?, equal(1, libc::FIOCLEX)?]);
    // Signals go to this process only, for an orderly abort.
    rules.insert(libc::SYS_kill, vec![equal(0, u64::from(std::process::id()))?]);
    rules.insert(libc::SYS_tgkill, vec![equal(0, u64::from(std::process::id()))?]);
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch()?)?.try_into()
}

/// Sockets that are open are read from and written to, and say nothing of who is at the other end.
///
/// Closed with this: an address at `accept4` and `recvfrom`; `getsockopt` but for what a connection failed of (`SO_PEERNAME`, `SO_PEERCRED` and
/// `TCP_SAVED_SYN` name the caller); `setsockopt` but for `TCP_NODELAY` (with `SO_TIMESTAMPING` or `TCP_SAVE_SYN` the kernel hands out packets with
/// their addresses); reading the queue of errors, where those come; and `recvmsg` and `sendmsg`, into whose addresses no filter sees.
fn sockets(rules: &mut BTreeMap<i64, Vec<SeccompRule>>) -> Result<(), BackendError> {
    let is = |argument, value: i32| dword(argument, SeccompCmpOp::Eq, value);
    let none = |argument| SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0);
    if cfg!(feature = "planted-leaks") {
        rules.insert(libc::SYS_accept4, Vec::new());
    } else {
        rules.insert(libc::SYS_accept4, vec![SeccompRule::new(vec![none(1)?, none(2)?])?]);
    }
    rules.insert(libc::SYS_recvfrom, vec![SeccompRule::new(vec![is(3, 0)?, none(4)?, none(5)?])?]);
    // To whom a socket is connected already, and nobody else: no address, and no connection that begins with its first bytes.
    let quiet = SeccompCmpOp::MaskedEq(u64::from(!libc::MSG_NOSIGNAL.cast_unsigned()));
    rules.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![dword(3, quiet, 0)?, none(4)?])?]);
    let option = |level, name| SeccompRule::new(vec![is(1, level)?, is(2, name)?]);
    rules.insert(libc::SYS_getsockopt, vec![option(libc::SOL_SOCKET, libc::SO_ERROR)?]);
    rules.insert(libc::SYS_setsockopt, vec![option(libc::IPPROTO_TCP, libc::TCP_NODELAY)?]);
    Ok(())
}

fn dword(argument: u8, compare: SeccompCmpOp, value: i32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, u64::from(value.cast_unsigned()))
}

/// prlimit64 without new limits: the third argument is no address.
fn nothing_new() -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?])
}
