//! The licensed sets, where they are at hand: every file decodes, and the counts are right. Without them a line says so.

mod fixture;

use datasets::{Choice, Split, open};

#[test]
fn every_picture_of_celeba_and_imagenette_loads() {
    let Some(data) = fixture::licensed() else { return };
    for name in ["celeba", "imagenette"] {
        let set = match open(name, std::slice::from_ref(&data)) {
            Ok(set) => set,
            Err(why @ datasets::DataError::NotFound { .. }) => {
                println!("not tested: {why}");
                continue;
            }
            Err(why) => panic!("{why}"),
        };
        assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2000, 200), "{name}");
        let started = std::time::Instant::now();
        for split in [Split::Train, Split::Test] {
            let indices: Vec<usize> = (0..set.len(split)).collect();
            let signals = set.load_many(split, &indices, 32).unwrap();
            assert!(
                signals.iter().all(|signal| signal.values.iter().all(|value| (0.0..=1.0).contains(value)))
            );
        }
        println!("{name}: 2,200 signals in {:.2} s", started.elapsed().as_secs_f64());
        let chosen = set.choose(Split::Test, Choice::Stratified { count: 100 }).unwrap();
        assert_eq!(chosen.len(), 100);
        let started = std::time::Instant::now();
        let fingerprint = set.fingerprint().unwrap();
        println!("{name}: fingerprint {fingerprint} in {:.2} s", started.elapsed().as_secs_f64());
    }
}

#[test]
fn imagenette_spreads_100_signals_over_its_ten_classes() {
    let Some(data) = fixture::licensed() else { return };
    let Ok(set) = open("imagenette", &[data]) else { return };
    let chosen = set.choose(Split::Test, Choice::Stratified { count: 100 }).unwrap();
    let mut classes: Vec<&str> =
        chosen.iter().map(|&index| set.name(Split::Test, index).split('/').next().unwrap()).collect();
    assert!(classes.chunks(10).all(|ten| ten.iter().all(|class| *class == ten[0])));
    classes.dedup();
    assert_eq!(classes.len(), 10);
}
