use super::*;

fn publish(catalog: &Catalog<u32>, entries: &[(&str, &Arc<u32>)]) -> u64 {
    let entries = entries
        .iter()
        .map(|&(name, header)| (name, Arc::clone(header)));
    match catalog.publish(catalog.current(), entries).unwrap() {
        Published::New(snapshot) | Published::Unchanged(snapshot) => snapshot.number(),
    }
}

#[test]
fn a_name_is_found_as_given_or_in_normal_form() {
    let catalog = Catalog::new();
    publish(
        &catalog,
        &[("risk_planner", &Arc::new(1)), ("llm", &Arc::new(2))],
    );
    for name in ["risk_planner", " Risk_Planner\t", "RISK_PLANNER"] {
        assert_eq!(catalog.get(name), Some(&1), "{name}");
    }
    for name in ["", "risk planner", "risk_planner2", "r\u{131}sk_planner"] {
        assert_eq!(catalog.get(name), None, "{name}");
    }
}

#[test]
fn references_outlive_the_generations_they_came_from() {
    let catalog = Catalog::new();
    publish(&catalog, &[("a", &Arc::new(1))]);
    let (old, generation) = (catalog.get("a"), catalog.current());
    assert_eq!(publish(&catalog, &[("b", &Arc::new(2))]), 2);
    assert_eq!(old, Some(&1));
    assert_eq!(generation.get("a").map(|h| **h), Some(1));
    assert_eq!((catalog.get("a"), catalog.get("b")), (None, Some(&2)));
}

#[test]
fn a_header_carried_over_stays_the_same_object() {
    let catalog = Catalog::new();
    let kept = Arc::new(1);
    publish(&catalog, &[("kept", &kept), ("gone", &Arc::new(2))]);
    let before = catalog.get("kept").unwrap();
    publish(&catalog, &[("kept", &kept), ("new", &Arc::new(3))]);
    assert!(std::ptr::eq(before, catalog.get("kept").unwrap()));
}

#[test]
fn publishing_what_is_there_makes_no_generation() {
    let catalog = Catalog::new();
    let header = Arc::new(1);
    assert_eq!(publish(&catalog, &[("a", &header)]), 1);
    assert_eq!(publish(&catalog, &[("a", &header)]), 1);
    assert_eq!(catalog.held().generations, 2);
    assert_eq!(publish(&catalog, &[("a", &Arc::new(1))]), 2);
}

#[test]
fn of_two_generations_derived_from_one_base_only_the_first_is_published() {
    let catalog = Catalog::new();
    let base = catalog.current();
    publish(&catalog, &[("a", &Arc::new(1))]);
    let error = catalog.publish(base, [("b", Arc::new(2))]).unwrap_err();
    assert_eq!(error.code(), "E_SUPERSEDED");
    let nothing: [(&str, Arc<u32>); 0] = [];
    let unchanged = catalog.publish(base, nothing).unwrap_err();
    assert_eq!(unchanged.code(), "E_SUPERSEDED");
    assert_eq!(catalog.get("a"), Some(&1));
}

#[test]
fn names_that_clash_or_could_never_be_found_are_refused() {
    let catalog = Catalog::new();
    let one = || Arc::new(1);
    let publish = |names: [&'static str; 2]| {
        let entries = names.map(|name| (name, one()));
        catalog
            .publish(catalog.current(), entries)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(publish(["a", "a"]), "name \"a\" occurs twice");
    assert_eq!(
        publish(["a", "B"]),
        "name \"B\" is not trimmed lower-case ASCII of at most 64 bytes"
    );
    assert!(catalog.current().is_empty());
}

#[test]
fn compacting_drops_old_generations_and_keeps_counting() {
    let mut catalog = Catalog::new();
    let (old, new) = (Arc::new(1), Arc::new(2));
    publish(&catalog, &[("a", &old)]);
    publish(&catalog, &[("a", &new)]);
    let before = catalog.held();
    assert_eq!((before.generations, Arc::strong_count(&old)), (3, 2));
    catalog.compact();
    let after = catalog.held();
    assert_eq!((after.generations, Arc::strong_count(&old)), (1, 1));
    assert!(after.bytes < before.bytes);
    assert_eq!(catalog.get("a"), Some(&2));
    assert_eq!(publish(&catalog, &[("b", &new)]), 3);
}
