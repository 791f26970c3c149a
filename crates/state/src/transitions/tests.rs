use serde_json::json;

use super::*;

fn address() -> Address {
    "a/one".parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn applied(id: &str) -> Box<Applied> {
    Box::new(Applied {
        kind: "fake.thing".to_owned(),
        region: Region::us_east_1(),
        id: id.to_owned(),
        inputs: Inputs::new(),
        kept: Inputs::new(),
        imported: false,
        attributes: Attributes::new(),
        depends_on: BTreeSet::new(),
        retain: false,
        leftovers: Vec::new(),
        predecessor: Predecessor::None,
    })
}

fn replacing(id: &str, predecessor: Predecessor) -> Box<Applied> {
    Box::new(Applied { predecessor, ..*applied(id) })
}

/// Status, ID, generation, deposed, retained predecessors and deferral after each transition; `-` if there is no record.
fn life(transitions: Vec<Transition>) -> Vec<String> {
    let mut document = StateDocument::new("test", "0");
    let step = |transition: Transition| {
        document.transition(&address(), transition, at(1));
        document.resources.get(&address()).map_or("-".to_owned(), |record| {
            let ResourceState { status, id, generation, deposed, left, deferred, .. } = record;
            format!("{status:?} {id} g{generation} {deposed:?} {left:?} {deferred}")
        })
    };
    transitions.into_iter().map(step).collect()
}

#[test]
fn a_resource_is_created_updated_and_deleted() {
    use Transition::{Deleted, Identified, Ready};
    let lived = life(vec![Identified(applied("1")), Ready(applied("1")), Ready(applied("1")), Deleted]);
    assert_eq!(lived, ["Creating 1 g0 [] [] false", "Ready 1 g0 [] [] false", "Ready 1 g0 [] [] false", "-"]);
}

#[test]
fn replacements_count_generations() {
    use Transition::{DeletedForReplacement, Identified, PredecessorsDeleted, Ready};
    let old = || Predecessor::Deposed(Some("1".to_owned()));
    let create_first = life(vec![
        Ready(applied("1")),
        Identified(replacing("2", old())),
        Ready(replacing("2", old())),
        PredecessorsDeleted,
    ]);
    assert_eq!(
        create_first[1..],
        ["Creating 2 g1 [\"1\"] [] false", "Ready 2 g1 [\"1\"] [] false", "Ready 2 g1 [] [] false",]
    );
    let delete_first = life(vec![Ready(applied("1")), DeletedForReplacement, Identified(applied("2"))]);
    assert_eq!(delete_first[1..], ["Deleting 1 g0 [] [] false", "Creating 2 g1 [] [] false"]);
    let retained = life(vec![Ready(applied("1")), Ready(replacing("2", Predecessor::Retained(None)))]);
    assert_eq!(retained[1], "Ready 2 g1 [] [\"1\"] false");
}

#[test]
fn an_object_is_never_its_own_predecessor() {
    let same = replacing("1", Predecessor::Deposed(Some("1".to_owned())));
    let lived = life(vec![Transition::Ready(applied("1")), Transition::Ready(same)]);
    assert_eq!(lived[1], "Ready 1 g0 [] [] false");
    // The configuration returned to the name of a deposed object, which becomes current again.
    let old = Predecessor::Deposed(None);
    let back = Predecessor::Deposed(Some("2".to_owned()));
    let lived = life(vec![
        Transition::Ready(applied("1")),
        Transition::Ready(replacing("2", old)),
        Transition::Ready(replacing("1", back)),
    ]);
    assert_eq!(lived[2], "Ready 1 g2 [\"2\"] [] false");
}

#[test]
fn found_objects_are_recorded_before_their_successor_is_created() {
    use Transition::{Found, Identified, Ready};
    let old = || Predecessor::Deposed(Some("2".to_owned()));
    let unrecorded = life(vec![Found(applied("2")), Identified(replacing("3", old()))]);
    assert_eq!(unrecorded, ["Creating 2 g0 [] [] false", "Creating 3 g1 [\"2\"] [] false"]);
    let leftover = Applied { leftovers: vec!["2".to_owned()], ..*applied("1") };
    let current = life(vec![Ready(applied("1")), Found(Box::new(leftover))]);
    assert_eq!(current[1], "Ready 1 g0 [\"2\"] [] false");
    let successor = life(vec![Ready(applied("1")), Found(replacing("2", Predecessor::Deposed(None)))]);
    assert_eq!(successor[1], "Creating 2 g1 [\"1\"] [] false");
    let retained = life(vec![Ready(applied("1")), Found(replacing("2", Predecessor::Retained(None)))]);
    assert_eq!(retained[1], "Creating 2 g1 [] [\"1\"] false");
}

#[test]
fn a_found_object_never_closes_a_cycle_of_dependencies() {
    let other: Address = "a/two".parse().unwrap();
    let needs = |need: &Address, id: &str| Box::new(Applied { depends_on: [need.clone()].into(), ..*applied(id) });
    let mut document = StateDocument::new("test", "0");
    document.transition(&address(), Transition::Found(needs(&other, "1")), at(1));
    assert_eq!(document.resources[&address()].depends_on, [other.clone()].into());
    document.transition(&other, Transition::Found(needs(&address(), "2")), at(1));
    assert_eq!((document.find_cycle(), document.resources[&other].depends_on.len()), (None, 0));
}

#[test]
fn a_deferral_ends_when_all_predecessors_are_deleted() {
    use Transition::{Deferred, PredecessorsDeleted, Ready};
    let old = Predecessor::Deposed(None);
    let lived =
        life(vec![Ready(applied("1")), Ready(replacing("2", old)), Deferred, Ready(applied("2")), PredecessorsDeleted]);
    assert_eq!(lived[2..], ["Ready 2 g1 [\"1\"] [] true", "Ready 2 g1 [\"1\"] [] true", "Ready 2 g1 [] [] false",]);
}

#[test]
fn the_kept_names_of_a_retained_resource_stay_in_the_state() {
    let mut document = StateDocument::new("test", "0");
    let kept: Inputs = json!({ "name": "old" }).as_object().unwrap().clone();
    let imported = Applied { kept: kept.clone(), imported: true, ..*applied("1") };
    document.transition(&address(), Transition::Ready(Box::new(imported)), at(1));
    document.transition(&address(), Transition::Retained, at(2));
    assert_eq!(document.kept.get(&address()), Some(&kept));
    document.transition(&address(), Transition::Ready(applied("1")), at(3));
    assert!(document.kept.is_empty());
}

#[test]
fn times_of_creation_and_update_are_recorded() {
    let mut document = StateDocument::new("test", "0");
    for (id, second) in [("1", 1), ("1", 2), ("2", 3)] {
        document.transition(&address(), Transition::Ready(applied(id)), at(second));
        let record = &document.resources[&address()];
        let created = if id == "1" { 1 } else { 3 };
        assert_eq!((record.created_at, record.updated_at), (at(created), at(second)));
    }
}

#[test]
fn transitions_of_an_unknown_address_change_nothing() {
    use Transition::{Deferred, Deleted, DeletedForReplacement, PredecessorsDeleted, Retained};
    let lived = life(vec![Deferred, DeletedForReplacement, PredecessorsDeleted, Deleted, Retained]);
    assert_eq!(lived, ["-"; 5]);
}

#[test]
fn a_renamed_record_keeps_its_identity_and_its_dependents() {
    let (other, moved): (Address, Address) = ("a/two".parse().unwrap(), "b/one".parse().unwrap());
    let mut document = StateDocument::new("test", "0");
    document.transition(&address(), Transition::Ready(applied("1")), at(1));
    let dependent = Applied { depends_on: [address()].into(), ..*applied("2") };
    document.transition(&other, Transition::Ready(Box::new(dependent)), at(1));
    assert!(!document.rename(&address(), &other), "the address is taken");
    assert!(!document.rename(&moved, &"b/two".parse().unwrap()), "no record");
    assert!(document.rename(&address(), &moved));
    assert_eq!(document.resources.keys().collect::<Vec<_>>(), [&other, &moved]);
    assert_eq!(document.resources[&other].depends_on, [moved.clone()].into());
    assert_eq!(document.forget(&moved).map(|record| record.id), Some("1".to_owned()));
    assert_eq!(document.forget(&moved), None);
}
