//! Kinds for random graphs, covering all variants of kinds.

use ohinfra_core::Schema;
use ohinfra_core::schema::{Availability, DOCUMENT, FieldTraits, OVERLAP, REPLACE, UNORDERED, WRITE_ONLY};

/// A kind that is identified by tags, replaced create-first, and whose identity is known early.
pub fn tagged() -> Schema {
    common(Schema::new("fake.tagged", "Identified by tags"))
}

/// A kind that is identified by name and replaced delete-first.
pub fn named() -> Schema {
    common(Schema::new("fake.named", "Identified by name")).input("name", REPLACE).named_by(&["name"])
}

/// A kind with an attribute that is known only when the resource is ready.
pub fn slow() -> Schema {
    common(Schema::new("slow.tagged", "Known when ready")).attribute("late", Availability::Ready)
}

/// A kind that is identified by name and cannot be deleted while it is referenced, so that a change of its name must create
/// first.
pub fn held() -> Schema {
    let schema = Schema::new("fake.held", "Cannot be deleted while in use").plain("size").plain("shape");
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
        .input("links", FieldTraits::default())
        .attribute("id", Availability::Early)
        .attribute("arn", Availability::Ready)
}

/// Returns all schemas.
pub fn all() -> Vec<Schema> {
    vec![tagged(), named(), slow(), held()]
}
