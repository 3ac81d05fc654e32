//! Between server and disk, with curl and with wget: everything a connection can do.

use crate::archives::{imagenette, large_imagenette, sha256, tree, write};
use crate::run::{Ended, kill_alone, kill_group, programs, run, start, terminate, wait_until};
use crate::server::{Answer, Server};
use datasets::{Split, open};
use std::path::Path;

const NEEDED: &[&str] = &["tar", "gzip"];
const PART: &str = "imagenette2.tgz.part";

/// The programs with curl but without wget, and the other way round.
fn loaders() -> Vec<tempfile::TempDir> {
    let one = |with, without| programs(&[without], &[&[with], NEEDED].concat());
    [one("curl", "wget"), one("wget", "curl")].into_iter().flatten().collect()
}

/// Gets `archive` from `server` as a mirror of it.
fn get(server: &Server, archive: &[u8], path: &Path, data: &Path) -> Ended {
    let (url, sum, data) = (server.url("imagenette2.tgz"), sha256(archive), data.to_str().unwrap());
    run("imagenette.sh", path, &["--url", &url, "--sha256", &sum, "--pause", "0", "--tries", "4", data])
}

fn assert_placed(data: &Path) {
    assert_eq!(std::fs::read_dir(data).unwrap().count(), 1, "{:?}", tree(data));
    let set = open("imagenette", &[data.to_path_buf()]).unwrap();
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (4, 4));
    set.load(Split::Test, 3, 178).unwrap();
}

/// Whether the loader is wget; BusyBox's begins a part anew where the server cannot resume.
fn without_curl(path: &Path) -> bool {
    !path.join("curl").exists()
}

fn part_len(data: &Path) -> usize {
    std::fs::metadata(data.join(PART)).map_or(0, |part| part.len() as usize)
}

#[test]
fn a_whole_download_is_placed_and_a_second_run_asks_nobody() {
    let archive = imagenette();
    for path in loaders() {
        let (data, server) = (tempfile::tempdir().unwrap(), Server::start(Answer::file(&archive)));
        let root = data.path().join("not/made yet");
        get(&server, &archive, path.path(), &root).assert_done(&[
            "ImageNet's terms",
            "4 train, 4 val pictures",
            "repro data verify",
        ]);
        assert_placed(&root);
        get(&server, &archive, path.path(), &root).assert_done(&["is complete", "nothing to do"]);
        assert_eq!(server.asked(), [None]);
        let source = std::fs::read_to_string(root.join("imagenette2/source.txt")).unwrap();
        assert!(
            source.contains(&sha256(&archive)) && source.contains(&server.url("imagenette2.tgz")),
            "{source}"
        );
    }
}

#[test]
fn a_cut_connection_is_resumed_where_it_broke_off() {
    let archive = imagenette();
    for path in loaders() {
        for unannounced in [false, true] {
            let (data, answer) = (tempfile::tempdir().unwrap(), Answer::file(&archive).cut(&[1000, 2000]));
            let server = Server::start(Answer { unannounced, ..answer });
            let ended = get(&server, &archive, path.path(), data.path());
            if unannounced {
                // nothing tells that the file is not whole but its checksum
                ended.assert_refused(&["it was removed", "imagenette2.tgz"]);
                assert_eq!((tree(data.path()), server.asked()), (vec![], vec![None]));
            } else {
                ended.assert_done(&["broke off at 1000 bytes", "broke off at 3000 bytes", "is in place"]);
                assert_eq!(server.asked(), [None, Some(1000), Some(3000)]);
                assert_placed(data.path());
            }
        }
    }
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let archive = imagenette();
    for path in loaders() {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Answer { ranges: false, ..Answer::file(&archive).cut(&[1000]) });
        get(&server, &archive, path.path(), data.path()).assert_done(&["broke off at 1000 bytes"]);
        assert_eq!(server.asked()[..2], [None, Some(1000)]);
        assert_placed(data.path());
    }
}

#[test]
fn a_connection_that_always_breaks_off_is_given_up_and_the_part_stays() {
    let archive = imagenette();
    for path in loaders() {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Answer::file(&archive).cut(&[100, 100, 100, 100, 100]));
        get(&server, &archive, path.path(), data.path()).assert_refused(&[
            "gave up after 4 connections",
            "call again, which goes on at 400 bytes",
            "--from FILE",
        ]);
        assert_eq!((part_len(data.path()), server.asked().len()), (400, 4));
        let good = Server::start(Answer::file(&archive));
        get(&good, &archive, path.path(), data.path()).assert_done(&["going on at 400 bytes"]);
        assert_eq!(good.asked(), [Some(400)]);
        assert_placed(data.path());
    }
}

#[test]
fn a_wrong_checksum_places_nothing_and_removes_the_part() {
    let archive = imagenette();
    for path in loaders() {
        let data = tempfile::tempdir().unwrap();
        let mut other = archive.clone();
        other[500] ^= 1;
        let server = Server::start(Answer::file(&other));
        get(&server, &archive, path.path(), data.path()).assert_refused(&[
            &sha256(&other),
            &sha256(&archive),
            "it was removed",
        ]);
        assert_eq!(tree(data.path()), [""; 0]);
    }
}

#[test]
fn refusals_of_the_server_are_said_at_once() {
    let archive = imagenette();
    for path in loaders() {
        for (status, words) in [(404, "is not there (HTTP 404)"), (403, "is not given out (HTTP 403")] {
            let data = tempfile::tempdir().unwrap();
            write(data.path(), PART, &archive[..700]);
            let server = Server::start(Answer::status(status));
            get(&server, &archive, path.path(), data.path()).assert_refused(&[words, "--from FILE"]);
            assert_eq!((server.asked(), part_len(data.path())), (vec![Some(700)], 700));
        }
        let (data, server) = (tempfile::tempdir().unwrap(), Server::start(Answer::status(503)));
        get(&server, &archive, path.path(), data.path())
            .assert_refused(&["the server answers 503; gave up after 4 connections"]);
        assert_eq!((server.asked().len(), tree(data.path())), (4, vec![]));
    }
}

#[test]
fn nobody_at_the_address_is_said() {
    let archive = imagenette();
    for path in loaders() {
        let (data, server) = (tempfile::tempdir().unwrap(), Server::start(Answer::page()));
        let url = server.url("imagenette2.tgz");
        drop(server);
        let args = ["--url", &url, "--sha256", &sha256(&archive), "--pause", "0", "--tries", "2"];
        let root = data.path().to_str().unwrap();
        run("imagenette.sh", path.path(), &[&args[..], &[root]].concat())
            .assert_refused(&["gave up after 2 connections", "check the network"]);
    }
}

#[test]
fn a_web_page_never_gets_into_the_part() {
    let archive = imagenette();
    for path in loaders() {
        for (had, ranges) in [(0, false), (10, false), (700, false), (10, true)] {
            let data = tempfile::tempdir().unwrap();
            if had > 0 {
                write(data.path(), PART, &archive[..had]);
            }
            let server = Server::start(Answer { ranges, ..Answer::page() });
            get(&server, &archive, path.path(), data.path()).assert_refused(&[
                "gave a web page instead of the file",
                "open it in a browser",
                "--from FILE",
            ]);
            let part = std::fs::read(data.path().join(PART)).unwrap_or_default();
            let kept = part == archive[..had];
            assert!(kept || part.is_empty() && without_curl(path.path()), "{had} bytes were there: {part:?}");
        }
        // a page that says it is a file
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Answer { kind: "application/x-gzip", ..Answer::page() });
        get(&server, &archive, path.path(), data.path()).assert_refused(&["is a web page, not an archive"]);
        assert_eq!(tree(data.path()), [""; 0]);
    }
}

#[test]
fn a_part_that_has_everything_is_not_fetched_again() {
    let archive = imagenette();
    for path in loaders() {
        let (data, server) = (tempfile::tempdir().unwrap(), Server::start(Answer::file(&archive)));
        write(data.path(), PART, &archive);
        get(&server, &archive, path.path(), data.path()).assert_done(&["is in place"]);
        assert_eq!(server.asked(), [Some(archive.len())]);
        assert_placed(data.path());
    }
}

#[test]
fn a_killed_run_leaves_nothing_that_looks_whole_and_the_next_goes_on() {
    let archive = large_imagenette();
    for path in loaders() {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Answer { silent: true, ..Answer::file(&archive).cut(&[200_000]) });
        let (url, sum, root) =
            (server.url("imagenette2.tgz"), sha256(&archive), data.path().to_str().unwrap());
        let args = ["--url", &url, "--sha256", &sum, "--pause", "0", root];
        let mut first = start("imagenette.sh", path.path(), &args);
        wait_until("a part", || part_len(data.path()) > 0); // not all of it: curl and wget keep some in memory
        run("imagenette.sh", path.path(), &args).assert_refused(&["another run is at it", "wait for it"]);

        // the script is killed, its loader lives on and would write into the same part
        kill_alone(&first.child);
        first.child.wait().unwrap();
        assert!(open("imagenette", &[data.path().to_path_buf()]).is_err());
        run("imagenette.sh", path.path(), &args).assert_refused(&["another run is at it", "rm -r"]);

        kill_group(&first.child);
        wait_until("the lock is free", || {
            let again = run("imagenette.sh", path.path(), &args);
            again.code == Some(0) || !again.err.contains("another run is at it")
        });
        assert!(matches!(server.asked()[..], [None, Some(1..)]), "{:?}", server.asked());
        assert_placed(data.path());
    }
}

#[test]
fn a_stopped_run_takes_its_loader_with_it_and_says_how_to_go_on() {
    let archive = large_imagenette();
    for path in loaders() {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Answer { silent: true, ..Answer::file(&archive).cut(&[200_000]) });
        let (url, sum) = (server.url("imagenette2.tgz"), sha256(&archive));
        let args = ["--url", &url, "--sha256", &sum, "--pause", "0", data.path().to_str().unwrap()];
        let running = start("imagenette.sh", path.path(), &args);
        wait_until("a part", || part_len(data.path()) > 0);
        terminate(&running.child);
        let ended = running.end();
        assert_eq!(ended.code, Some(143), "{}", ended.err);
        assert!(
            ended.err.ends_with("  next: call again with the same words, which goes on from here\n"),
            "{:?}",
            ended.err
        );
        assert_eq!(tree(data.path()), [PART]);
        run("imagenette.sh", path.path(), &args).assert_done(&["going on at"]); // no lock, no other loader
        assert_placed(data.path());
    }
}
