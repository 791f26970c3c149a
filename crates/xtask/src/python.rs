//! Python virtual environments, re-created when their requirements change.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::shell::{cache, command, root, run};

/// Installs LocalStack and our plugin. Returns the directory of the virtual environment.
pub(crate) fn localstack() -> Result<PathBuf> {
    let folder = root().join("tests/localstack");
    environment("localstack", &folder.join("requirements.txt"), |environment| {
        // Build a copy, because the build writes files next to the source.
        let copy = environment.join("plug-in");
        let package = copy.join("ohinfra_localstack");
        std::fs::create_dir_all(&package)?;
        std::fs::copy(folder.join("pyproject.toml"), copy.join("pyproject.toml"))?;
        for entry in std::fs::read_dir(folder.join("ohinfra_localstack"))? {
            let path = entry?.path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                std::fs::copy(&path, package.join(name))?;
            }
        }
        let copy = copy.to_string_lossy();
        let arguments = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", &*copy];
        run(&mut command(environment.join("bin/python"), &arguments))?;
        models(environment, &folder.join("models.txt"))
    })
}

/// Installs the packages of `tests/tools`. Returns the directory of the virtual environment.
pub(crate) fn tools() -> Result<PathBuf> {
    environment("tools", &root().join("tests/tools/requirements.txt"), |_| Ok(()))
}

/// Services of which newer models than those of LocalStack are used: those whose objects are put as a whole.
const MODELS: [&str; 3] = ["cloudfront", "cognito-idp", "wafv2"];

/// Installs newer models beside the packages, and keeps only those that are used.
fn models(environment: &Path, requirements: &Path) -> Result<()> {
    let (folder, requirements) = (environment.join("models"), requirements.to_string_lossy());
    let target = folder.to_string_lossy();
    let arguments = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", &*target, "-r", &*requirements];
    run(&mut command(environment.join("bin/python"), &arguments))?;
    for entry in std::fs::read_dir(folder.join("botocore/data"))? {
        let path = entry?.path();
        let is_used = MODELS.iter().any(|service| path.file_name().is_some_and(|name| name == *service));
        match path.is_dir() {
            true if !is_used => std::fs::remove_dir_all(&path)?,
            false => std::fs::remove_file(&path)?,
            true => {}
        }
    }
    Ok(())
}

/// Returns an environment with exactly these packages, cached under a name that includes their digest.
fn environment(name: &str, requirements: &Path, finish: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let text = std::fs::read_to_string(requirements).with_context(|| requirements.display().to_string())?;
    let digest = fingerprint(&text, requirements.parent().unwrap_or(requirements))?;
    let environment = cache().join(format!("{name}-{digest:016x}"));
    if environment.join("complete").exists() {
        return Ok(environment);
    }
    if environment.exists() {
        std::fs::remove_dir_all(&environment)?;
    }
    std::fs::create_dir_all(&environment)?;
    let path = environment.to_string_lossy();
    run(&mut command("python3", &["-m", "venv", &*path]))?;
    let requirements = requirements.to_string_lossy();
    let arguments =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", &*requirements];
    run(&mut command(environment.join("bin/python"), &arguments))?;
    finish(&environment)?;
    std::fs::File::create(environment.join("complete"))?;
    Ok(environment)
}

/// Returns a digest of the requirements and of every Python file of the plugin in the same directory.
fn fingerprint(requirements: &str, folder: &Path) -> Result<u64> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    requirements.hash(&mut hasher);
    // The models of the services are installed with the packages.
    std::fs::read(folder.join("models.txt")).unwrap_or_default().hash(&mut hasher);
    let plug_in = folder.join("ohinfra_localstack");
    if plug_in.is_dir() {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(plug_in)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "py")) {
            std::fs::read(file)?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}
