//! A small disk for one database.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use payrun_tests::World;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

/// Room for an empty database and some payouts.
const SIZE: &str = "size=40m";

/// A file system of a few megabytes with the world's database on it; both end with it.
pub(crate) struct Disk<'a> {
    world: &'a World,
    folder: TempDir,
}

impl<'a> Disk<'a> {
    /// Moves the world's database. Mounting takes root, or sudo.
    pub(crate) fn under(world: &'a World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The server's user goes through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let disk = Self { world, folder };
        let place = disk.place();
        fs::create_dir(&place).unwrap();
        let data = server(world, "show data_directory", true);
        let owner = fs::metadata(&data).unwrap();
        let options = format!("{SIZE},mode=0700,uid={},gid={}", owner.uid(), owner.gid());
        as_root(&["mount", "-t", "tmpfs", "-o", &options, "payrun-test", place.to_str().unwrap()]);
        server(world, &format!("create tablespace {} location '{}'", disk.name(), place.display()), false);
        server(world, &format!("alter database {} set tablespace {}", disk.database(), disk.name()), false);
        disk
    }

    /// Takes all the room there is.
    pub(crate) fn fill(&self) {
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        while ballast.write_all(&[1; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn database(&self) -> String {
        self.world.account().replace('-', "_")
    }

    fn name(&self) -> String {
        format!("{}_small", self.database())
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn ballast(&self) -> PathBuf {
        self.place().join("ballast")
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.ballast());
        server(self.world, &format!("drop database {} with (force)", self.database()), false);
        server(self.world, &format!("drop tablespace {}", self.name()), false);
        as_root(&["umount", self.place().to_str().unwrap()]);
    }
}

/// Says something to the server while no process holds the world's database; the answer where one
/// is wanted.
fn server(world: &World, statement: &str, answers: bool) -> String {
    let (server, rest) = world.database_url().rsplit_once('/').unwrap();
    let settings = rest.split_once('?').map_or("", |(_, settings)| settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut owner = PgConnection::connect(&format!("{server}/postgres?{settings}")).await.unwrap();
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        if answers {
            sqlx::query_scalar(statement).fetch_one(&mut owner).await.unwrap()
        } else {
            sqlx::raw_sql(statement).execute(&mut owner).await.unwrap();
            String::new()
        }
    })
}

fn as_root(command: &[&str]) {
    let is_root = fs::metadata(Path::new("/proc/self")).unwrap().uid() == 0;
    let words: Vec<&str> = if is_root { command.to_vec() } else { [&["sudo", "-n"], command].concat() };
    let done = Command::new(words[0]).args(&words[1..]).status();
    assert!(
        done.is_ok_and(|done| done.success()),
        "{words:?}: this test mounts a small disk, which takes root, or sudo without a password"
    );
}
