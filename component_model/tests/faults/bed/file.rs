//! A JSON file.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use component_model::{SourcesBuilder, fetchers::file::File};

use super::{KEYS, NAME, VALUE, WRONG};
use crate::{
    fault::Fault,
    gate::{Gate, Gated},
};

pub(crate) struct JsonFile {
    folder: tempfile::TempDir,
}

impl JsonFile {
    pub(super) fn start() -> Self {
        let bed = Self { folder: tempfile::tempdir().unwrap() };
        bed.write(&document(VALUE));
        bed
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.json")
    }

    /// Replaces the file, as an editor does.
    fn write(&self, text: &str) {
        let new = self.folder.path().join("new.json");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path()).unwrap();
    }

    fn set_mode(&self, mode: u32) {
        std::fs::set_permissions(self.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(super) fn register(&self, builder: SourcesBuilder, gate: Gate) -> SourcesBuilder {
        builder.source(NAME, Gated { source: File::new(self.path()), gate })
    }

    pub(super) fn strike(&self, fault: Fault) {
        match fault {
            Fault::Deleted => self.write("{}"),
            Fault::Wrong => self.write(&document(WRONG)),
            Fault::Truncated => self.write(&document(VALUE)[..20]),
            Fault::Garbage => self.write("\u{0}this is no document"),
            Fault::Unreadable => self.set_mode(0o000),
            Fault::Removed => std::fs::remove_file(self.path()).unwrap(),
            Fault::Directory => {
                std::fs::remove_file(self.path()).unwrap();
                std::fs::create_dir(self.path()).unwrap();
            }
            _ => panic!("{fault:?} is not a fault of a file"),
        }
    }

    pub(super) fn heal(&self, fault: Fault) {
        match fault {
            Fault::Unreadable => self.set_mode(0o644),
            Fault::Directory => std::fs::remove_dir(self.path()).unwrap(),
            _ => {}
        }
        self.write(&document(VALUE));
    }
}

fn document(value: &str) -> String {
    let members: Vec<_> = KEYS.iter().map(|key| format!("\"{key}\": {value}")).collect();
    format!("{{{}}}", members.join(", "))
}
