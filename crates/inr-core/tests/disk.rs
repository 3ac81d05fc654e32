//! Writing whole files: many at one name, over what a killed process left, and where there is no folder.

use std::sync::Barrier;

use inr_core::disk::write_atomically;
use inr_core::file::FileError;

/// Names in a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn threads_that_write_one_file_all_succeed_and_leave_one_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let (path, start) = (dir.path().join("rows.csv"), Barrier::new(8));
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let (path, start) = (&path, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..20 {
                    write_atomically(path, &vec![thread; 5000 + 37 * round]).unwrap();
                    let read = std::fs::read(path).unwrap();
                    assert!(read.len() >= 5000 && read.iter().all(|&byte| byte == read[0]));
                }
            });
        }
    });
    assert_eq!(names(dir.path()), ["rows.csv"]);
}

#[test]
fn a_write_that_fails_names_the_file_and_leaves_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("taken");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("inside"), "old").unwrap();
    // A folder that is not empty cannot be renamed over.
    let error = write_atomically(&folder, b"new").unwrap_err();
    assert!(matches!(error, FileError::Io { .. }) && error.to_string().contains("taken"), "{error}");
    assert_eq!((names(dir.path()), names(&folder)), (vec!["taken".to_string()], vec!["inside".to_string()]));
    let error = write_atomically(&dir.path().join("no/such/file"), b"new").unwrap_err().to_string();
    assert!(error.contains("no/such/file"), "{error}");
    assert!(write_atomically(std::path::Path::new("/"), b"new").is_err());
}
