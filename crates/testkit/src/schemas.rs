//! Kinds for random graphs: one of each way in which kinds differ.

use ohinfra_core::Schema;
use ohinfra_core::schema::{Availability, Behaviour, DOCUMENT, OVERLAP, REPLACE, UNORDERED, WRITE_ONLY};

/// Found by its tags, replaced by creating first, its identity known early.
pub fn tagged() -> Schema {
    common(Schema::new("fake.tagged", "Found by its tags"))
}

/// Found by its name, replaced by deleting first.
pub fn named() -> Schema {
    common(Schema::new("fake.named", "Found by its name")).input("name", REPLACE).named_by(&["name"])
}

/// Everything about it is known only when it is ready.
pub fn slow() -> Schema {
    common(Schema::new("slow.tagged", "Known when ready")).attribute("late", Availability::Ready)
}

/// Found by its name, and never deleted while something refers to it: a change of its name has to create first.
pub fn held() -> Schema {
    let schema = Schema::new("fake.held", "Refuses its deletion while it is used").plain("size").plain("shape");
    fields(schema).input("name", REPLACE).named_by(&["name"])
}

fn common(schema: Schema) -> Schema {
    fields(schema.plain("size").input("shape", REPLACE))
}

fn fields(schema: Schema) -> Schema {
    schema
        .input("members", UNORDERED | OVERLAP)
        .input("document", DOCUMENT)
        .unreported("content", WRITE_ONLY, "the in-memory cloud does not return it")
        .input("links", Behaviour::default())
        .attribute("id", Availability::Early)
        .attribute("arn", Availability::Ready)
}

/// All of them.
pub fn all() -> Vec<Schema> {
    vec![tagged(), named(), slow(), held()]
}
