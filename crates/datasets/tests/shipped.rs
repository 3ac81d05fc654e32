//! The data that comes with the repository: complete, decodable, licensed, and split without leaks.

mod fixture;

use datasets::{Choice, DataSet, Split, load_picture, open};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn shipped(name: &str) -> DataSet {
    open(name, &[fixture::shipped()]).unwrap()
}

fn all(set: &DataSet, split: Split) -> Vec<usize> {
    (0..set.len(split)).collect()
}

/// The rows of a table beside the data, a map from column to cell each.
fn table(file: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(fixture::shipped().join(file)).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_string).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn photos_are_counted_and_their_crops_are_named() {
    let set = shipped("photos");
    assert_eq!(set.len(Split::Test), 16);
    assert!((1_000..2_000).contains(&set.len(Split::Train)), "{} training signals", set.len(Split::Train));
    let names: BTreeSet<&str> =
        all(&set, Split::Train).into_iter().map(|index| set.name(Split::Train, index)).collect();
    assert_eq!(names.len(), set.len(Split::Train), "two training signals have one name");
    let photographs: BTreeSet<&str> = names.iter().map(|name| name.split('@').next().unwrap()).collect();
    assert_eq!(photographs.len(), 41);
    for index in all(&set, Split::Test) {
        assert!(!photographs.contains(set.name(Split::Test, index)), "a test photograph is trained on");
    }
}

#[test]
fn photos_have_a_free_licence_each_and_no_file_is_unlisted() {
    let rows = table("photos/LICENSES.tsv");
    for row in &rows {
        let licence = &row["licence"];
        let free = licence == "public-domain" || licence.starts_with("CC0") || licence.starts_with("CC-BY-");
        assert!(free && !licence.contains("SA") && !licence.contains("NC"), "{}: {licence}", row["file"]);
        assert!(
            !row["author"].is_empty() && !row["source"].is_empty(),
            "{} has no author or source",
            row["file"]
        );
    }
    let listed: BTreeSet<String> = rows.iter().map(|row| row["file"].clone()).collect();
    let entries = std::fs::read_dir(fixture::shipped().join("photos")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".jpg")).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn every_training_crop_loads_and_mirrored_ones_are_mirrored() {
    let set = shipped("photos");
    let started = std::time::Instant::now();
    let signals = set.load_many(Split::Train, &all(&set, Split::Train), 178).unwrap();
    println!("{} training photos signals in {:.2} s", signals.len(), started.elapsed().as_secs_f64());
    for pair in signals.chunks_exact(2) {
        assert_eq!(format!("{}m", pair[0].name), pair[1].name);
        for (plain, mirrored) in
            pair[0].values.chunks_exact(178 * 3).zip(pair[1].values.chunks_exact(178 * 3))
        {
            let back: Vec<f32> = mirrored.chunks_exact(3).rev().flatten().copied().collect();
            assert_eq!(plain, back);
        }
    }
}

#[test]
fn every_test_photo_is_what_a_users_own_picture_would_be() {
    let set = shipped("photos");
    for index in all(&set, Split::Test) {
        let signal = set.load(Split::Test, index, 178).unwrap();
        let path = set.root().join(set.name(Split::Test, index));
        assert_eq!(signal, datasets::signal_of_picture(&path, 178).unwrap());
    }
}

#[test]
fn silhouettes_are_counted_and_every_category_is_in_both_parts() {
    let set = shipped("silhouettes");
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (500, 100));
    let categories = |split| -> BTreeSet<String> {
        let category = |index| set.name(split, index).split('/').next().unwrap().to_string();
        all(&set, split).into_iter().map(category).collect()
    };
    assert_eq!(categories(Split::Train).len(), 6);
    assert_eq!(categories(Split::Train), categories(Split::Test));
    let chosen = set.choose(Split::Test, Choice::Stratified { count: 12 }).unwrap();
    for category in categories(Split::Test) {
        let count =
            chosen.iter().filter(|&&index| set.name(Split::Test, index).starts_with(&category)).count();
        assert_eq!(count, 2, "{category} does not have its share of 12 signals");
    }
}

#[test]
fn no_family_of_silhouettes_is_in_both_parts() {
    let mut split_of_family = BTreeMap::new();
    let mut split_of_word = BTreeMap::new();
    for row in table("silhouettes/SPLIT.tsv") {
        let name = row["file"].split('/').next_back().unwrap().trim_end_matches(".png").to_lowercase();
        let word = name
            .split(|letter: char| !letter.is_ascii_lowercase())
            .find(|word| !word.is_empty())
            .unwrap()
            .to_string();
        for known in [split_of_family.entry(row["family"].clone()), split_of_word.entry(word)] {
            assert_eq!(*known.or_insert(row["split"].clone()), row["split"], "{}", row["file"]);
        }
    }
}

/// Bits of a mask and of its mirror image.
fn masks(set: &DataSet, split: Split) -> Vec<[Vec<u64>; 2]> {
    let bits = |pixels: Vec<bool>| {
        pixels.chunks(64).map(|chunk| chunk.iter().fold(0, |word, &bit| word << 1 | u64::from(bit))).collect()
    };
    let mask = |index: usize| {
        let picture = load_picture(&set.root().join(set.name(split, index))).unwrap();
        let plain: Vec<bool> = picture.rgb.chunks_exact(3).map(|pixel| pixel[0] > 0).collect();
        let mirrored = plain.chunks(256).flat_map(|row| row.iter().rev().copied()).collect();
        [bits(plain), bits(mirrored)]
    };
    all(set, split).into_par_iter().map(mask).collect()
}

#[test]
fn no_test_silhouette_overlaps_a_training_one_by_90_percent() {
    let set = shipped("silhouettes");
    let train = masks(&set, Split::Train);
    let count = |words: &[u64], others: &[u64], join: fn(u64, u64) -> u64| -> u32 {
        words.iter().zip(others).map(|(&a, &b)| join(a, b).count_ones()).sum()
    };
    for (index, [test, _]) in masks(&set, Split::Test).iter().enumerate() {
        for other in train.iter().flatten() {
            let shared =
                f64::from(count(test, other, |a, b| a & b)) / f64::from(count(test, other, |a, b| a | b));
            assert!(shared < 0.9, "{} is also in training", set.name(Split::Test, index));
        }
    }
}

#[test]
fn every_silhouette_loads_and_uses_its_conventions() {
    let set = shipped("silhouettes");
    for split in [Split::Train, Split::Test] {
        for signal in set.load_many(split, &all(&set, split), 256).unwrap() {
            let picture = load_picture(&set.root().join(&signal.name)).unwrap();
            for (value, pixel) in signal.values.chunks_exact(3).zip(picture.rgb.chunks_exact(3)) {
                assert_eq!(
                    value[0] < 0.5,
                    pixel[0] == 255,
                    "{}: white is inside, inside is below 0.5",
                    signal.name
                );
                assert!(value[0] == value[1] && value[1] == value[2]);
            }
        }
    }
}
