//! Circles of imports between the files of one crate.
//!
//! The rule: the child modules of a module, each with everything below it, must not import each other in a circle. A module
//! and its ancestors may use each other, because a parent declares its children and a child uses the types of its parent. An
//! import through a re-export counts as an import of the re-exported module. Test code is exempt.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::files::files;

/// The module path of a file, or a path in the code, by segments.
type Segments = Vec<String>;

/// The paths in one file.
#[derive(Default)]
struct Module {
    /// The imports by the name that they introduce.
    imports: BTreeMap<String, Segments>,
    /// All paths to other modules, imported or written out.
    paths: BTreeSet<Segments>,
}

/// Returns a problem for each circle in the crates below a directory.
pub(crate) fn problems(crates: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut folders: Vec<_> =
        std::fs::read_dir(crates)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.join("src").is_dir()) {
        let (source, mut paths) = (folder.join("src"), Vec::new());
        files(&source, "rs", &mut paths)?;
        let mut sources = BTreeMap::new();
        for path in paths {
            let relative = path.strip_prefix(&source)?.with_extension("");
            let segments: Segments = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let segments = if segments == ["lib"] || segments == ["main"] { Vec::new() } else { segments };
            if segments.first().is_none_or(|first| first != "bin") && !segments.iter().any(|segment| segment == "tests")
            {
                sources.insert(segments, std::fs::read_to_string(&path).with_context(|| path.display().to_string())?);
            }
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let circles = circles(&sources).with_context(|| name.clone())?;
        problems.extend(circles.iter().map(|text| format!("crates/{name}: {text}")));
    }
    Ok(problems)
}

/// Returns a description of each circle in a crate, given the text of every module.
fn circles(sources: &BTreeMap<Segments, String>) -> Result<Vec<String>> {
    let mut modules = BTreeMap::new();
    for (name, text) in sources {
        let stream = text.parse().map_err(|error| anyhow!("{}: {error}", name.join("/")))?;
        let mut module = Module::default();
        scan(stream, 0, &mut module);
        modules.insert(name.clone(), module);
    }
    // By parent: child, imported child, and an example of the import.
    let mut imports: BTreeMap<Segments, BTreeMap<String, BTreeMap<String, String>>> = BTreeMap::new();
    for (from, module) in &modules {
        for path in &module.paths {
            let Some(to) = resolve(&modules, from, path, 0) else { continue };
            let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(child), Some(other)) = (from.get(common), to.get(common)) else { continue };
            let parent = from.iter().take(common).cloned().collect();
            let example = format!("{}.rs uses {}", from.join("/"), path.join("::"));
            let others = imports.entry(parent).or_default().entry(child.clone()).or_default();
            others.entry(other.clone()).or_insert(example);
        }
    }
    let mut found = Vec::new();
    for children in imports.values() {
        let mut reported: BTreeSet<String> = BTreeSet::new();
        for child in children.keys() {
            let Some(circle) = shortest_circle(children, child) else { continue };
            if !circle.iter().any(|member| reported.contains(member)) {
                let next = circle.iter().cycle().skip(1);
                let steps = circle.iter().zip(next).filter_map(|(one, other)| children.get(one)?.get(other).cloned());
                let steps: Vec<String> = steps.collect();
                found.push(format!("circle of imports: {}", steps.join("; ")));
                reported.extend(circle);
            }
        }
    }
    Ok(found)
}

/// Returns the members of the shortest circle through a child, from that child on.
fn shortest_circle(children: &BTreeMap<String, BTreeMap<String, String>>, start: &str) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in children.get(at).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let path = std::iter::successors(Some(at), |child| before.get(child).copied());
                let mut circle: Vec<String> = path.map(str::to_owned).collect();
                circle.reverse();
                return Some(circle);
            }
            if !before.contains_key(next.as_str()) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Returns the module that a path leads to, through re-exports; `None` for paths to other crates.
fn resolve(modules: &BTreeMap<Segments, Module>, from: &Segments, path: &[String], depth: usize) -> Option<Segments> {
    let (first, mut rest) = path.split_first()?;
    let mut at = match first.as_str() {
        "crate" => Vec::new(),
        "self" => from.clone(),
        "super" => {
            let supers = path.iter().take_while(|segment| *segment == "super").count();
            rest = path.get(supers..)?;
            from.get(..from.len().checked_sub(supers)?)?.to_vec()
        }
        _ => {
            rest = path;
            from.clone()
        }
    };
    let is_relative = !["crate", "self", "super"].contains(&first.as_str());
    let mut entered = false;
    while let Some((segment, further)) = rest.split_first() {
        let child: Segments = at.iter().chain([segment]).cloned().collect();
        if modules.contains_key(&child) {
            (at, rest, entered) = (child, further, true);
        } else {
            break;
        }
    }
    if is_relative && !entered {
        return None;
    }
    let import = rest.first().and_then(|name| modules.get(&at)?.imports.get(name)).filter(|_| depth < 8);
    import.and_then(|import| resolve(modules, &at, import, depth + 1)).or(Some(at))
}

/// Collects the paths of a token stream. `depth`: the number of inline modules around it.
fn scan(stream: TokenStream, depth: usize, module: &mut Module) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut n = 0;
    while let Some(token) = tokens.get(n) {
        n += 1;
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if matches!(tokens.get(n), Some(TokenTree::Group(group)) if is_test(&group.stream())) {
                    n += tokens.iter().skip(n).position(ends_item).map_or(tokens.len(), |end| end + 1);
                }
            }
            TokenTree::Ident(word) if word == "use" => {
                let end =
                    tokens.iter().skip(n).position(|token| is_mark(token, ';')).map_or(tokens.len(), |end| n + end);
                import(tokens.get(n..end).unwrap_or_default(), &[], depth, module);
                n = end;
            }
            TokenTree::Ident(word) if word == "mod" => {
                if let Some(TokenTree::Group(body)) = tokens.get(n + 1) {
                    scan(body.stream(), depth + 1, module);
                    n += 2;
                }
            }
            TokenTree::Ident(word) if word == "crate" || word == "super" || word == "self" => {
                let (path, length) = leading_path(tokens.get(n - 1..).unwrap_or_default());
                n += length - 1;
                if path.len() > 1 {
                    module.paths.extend(outside(path, depth));
                }
            }
            TokenTree::Group(group) => scan(group.stream(), depth, module),
            _ => {}
        }
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_test(attribute: &TokenStream) -> bool {
    attribute.to_string().replace(' ', "") == "cfg(test)"
}

fn ends_item(token: &TokenTree) -> bool {
    is_mark(token, ';') || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Returns the path at the start of the tokens and the number of its tokens.
fn leading_path(tokens: &[TokenTree]) -> (Segments, usize) {
    let (mut path, mut n) = (Segments::new(), 0);
    while let Some(TokenTree::Ident(word)) = tokens.get(n) {
        path.push(word.to_string());
        n += 1;
        if !(tokens.get(n).is_some_and(|t| is_mark(t, ':')) && tokens.get(n + 1).is_some_and(|t| is_mark(t, ':'))) {
            break;
        }
        n += 2;
    }
    (path, n)
}

/// Collects the paths of the tree of a `use` declaration.
fn import(tokens: &[TokenTree], prefix: &[String], depth: usize, module: &mut Module) {
    for tree in tokens.split(|token| is_mark(token, ',')) {
        let (path, n) = leading_path(tree);
        let mut path: Segments = prefix.iter().cloned().chain(path).collect();
        if let Some(TokenTree::Group(group)) = tree.get(n) {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            import(&inner, &path, depth, module);
            continue;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let renamed = match tree.get(n..) {
            Some([TokenTree::Ident(word), TokenTree::Ident(name)]) if word == "as" => Some(name.to_string()),
            _ => None,
        };
        let Some(name) = renamed.or_else(|| path.last().cloned()) else { continue };
        if let Some(path) = outside(path, depth) {
            module.paths.insert(path.clone());
            module.imports.insert(name, path);
        }
    }
}

/// Returns a path as seen from the file, without the inline modules around it; `None` if it stays within one of them.
fn outside(path: Segments, depth: usize) -> Option<Segments> {
    if depth == 0 || path.first().is_some_and(|first| first == "crate") {
        return Some(path);
    }
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let rest = path.get(depth..).filter(|_| supers >= depth)?;
    Some(if supers == depth { ["self".to_owned()].iter().chain(rest).cloned().collect() } else { rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let segments = |name: &str| name.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let sources = sources.iter().map(|(name, text)| (segments(name), (*text).to_owned())).collect();
        circles(&sources).unwrap()
    }

    #[test]
    fn siblings_that_import_each_other_are_a_circle() {
        let circles = found(&[
            ("", "mod a; mod b; mod c;"),
            ("a", "use crate::b::{One, Two as Other};"),
            ("b", "fn f() { super::c::g(1) }"),
            ("c", "use super::{a::X, d};"),
        ]);
        assert_eq!(
            circles,
            ["circle of imports: a.rs uses crate::b::One; b.rs uses super::c::g; c.rs uses super::a::X"]
        );
    }

    #[test]
    fn parents_and_children_may_use_each_other() {
        let sources = [
            ("", "pub struct Top; mod a; mod b; pub use a::A;"),
            ("a", "mod inner; use inner::X; use crate::Top; pub struct A;"),
            ("a/inner", "use super::A; use crate::Top; pub struct X;"),
            ("b", "use crate::a::A;"),
        ];
        assert_eq!(found(&sources), [] as [&str; 0]);
    }

    #[test]
    fn everything_below_a_module_belongs_to_it() {
        let circles = found(&[
            ("", "mod a; mod b;"),
            ("a", "mod inner;"),
            ("a/inner", "use crate::b::deep::F;"),
            ("b", "mod deep; mod other;"),
            ("b/deep", ""),
            ("b/other", "use crate::a::G;"),
        ]);
        assert_eq!(circles, ["circle of imports: a/inner.rs uses crate::b::deep::F; b/other.rs uses crate::a::G"]);
    }

    #[test]
    fn a_re_export_is_an_import_of_its_source() {
        let sources =
            [("", "mod a; mod b; pub use a::A;"), ("a", "use crate::b; pub struct A;"), ("b", "use crate::A;")];
        assert_eq!(found(&sources), ["circle of imports: a.rs uses crate::b; b.rs uses crate::A"]);
    }

    #[test]
    fn tests_comments_and_strings_do_not_count() {
        let b = r#"
            // crate::a::A
            const TEXT: &str = "crate::a::A";
            #[cfg(test)]
            mod tests { use crate::a::A; }
            mod inline { use super::Own; pub(crate) struct Y; }
        "#;
        assert_eq!(found(&[("", "mod a; mod b;"), ("a", "use crate::b::Y;"), ("b", b)]), [] as [&str; 0]);
        let inline = "mod inline { use super::super::a::A; }";
        assert_eq!(found(&[("", "mod a; mod b;"), ("a", "use crate::b::Y;"), ("b", inline)]).len(), 1);
    }
}
