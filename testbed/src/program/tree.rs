//! The processes of a program. PostgreSQL, for example, has a process for each connection, and each leads its own
//! process group.

use std::fs;
use std::process::Command;

use rustix::process::{Pid, RawPid};

/// One process of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) pid: Pid,
    parent: RawPid,
    state: char,
}

impl Member {
    /// Whether it is paused or has ended.
    pub(super) fn is_still(self) -> bool {
        matches!(self.state, 'T' | 't' | 'Z' | 'X')
    }
}

/// A process and everything that descends from it, parents first.
pub(super) fn tree(root: Pid) -> Vec<Member> {
    let all = processes();
    let mut tree: Vec<Member> = all.iter().filter(|process| process.pid == root).copied().collect();
    let mut next = 0;
    while let Some(parent) = tree.get(next).map(|member| member.pid.as_raw_pid()) {
        tree.extend(all.iter().filter(|process| process.parent == parent));
        next += 1;
    }
    tree
}

fn processes() -> Vec<Member> {
    match fs::read_dir("/proc/self") {
        Ok(_) => from_proc(),
        Err(_) => from_ps(),
    }
}

fn from_proc() -> Vec<Member> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    processes.filter_map(|entry| fs::read(entry.path().join("stat")).ok()).filter_map(|stat| from_stat(&stat)).collect()
}

/// Reads `pid (name) state parent …`; the name may contain anything, also parentheses.
fn from_stat(stat: &[u8]) -> Option<Member> {
    let stat = String::from_utf8_lossy(stat);
    let (pid, _) = stat.split_once(' ')?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut rest = rest.split(' ');
    member(pid, rest.next()?, rest.next()?)
}

/// For systems without `/proc`.
fn from_ps() -> Vec<Member> {
    let list = Command::new("ps").args(["-eo", "pid=,stat=,ppid="]).output().map(|output| output.stdout);
    let list = String::from_utf8_lossy(&list.unwrap_or_default()).into_owned();
    let read = |line: &str| {
        let mut words = line.split_whitespace();
        member(words.next()?, words.next()?, words.next()?)
    };
    list.lines().filter_map(read).collect()
}

fn member(pid: &str, state: &str, parent: &str) -> Option<Member> {
    Some(Member { pid: Pid::from_raw(pid.parse().ok()?)?, state: state.chars().next()?, parent: parent.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_parent() {
        let member = from_stat(b"42 (a) b (c) T 7 42 42 0").unwrap();
        assert_eq!((member.pid.as_raw_pid(), member.parent, member.is_still()), (42, 7, true));
    }

    #[test]
    fn a_tree_starts_with_its_root_and_has_the_children() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let tree = tree(rustix::process::getpid());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(tree[0].pid, rustix::process::getpid());
        assert!(tree.iter().any(|member| member.pid.as_raw_pid().unsigned_abs() == child.id()));
    }

    #[test]
    fn ps_lists_what_proc_lists() {
        let own = rustix::process::getpid();
        assert!(from_ps().iter().any(|member| member.pid == own));
        assert!(from_proc().iter().any(|member| member.pid == own));
    }
}
