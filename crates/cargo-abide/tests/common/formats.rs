//! What every report must be, in each of its formats.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::{abide, root, stdout};

/// Runs a check in every format for programs: its JSON, or what is wrong with one of them.
pub(crate) fn check_all(dir: &Path, arguments: &[&str]) -> Result<Value, String> {
    let run = |format: &str| {
        let output = abide(dir, &[arguments, &["--format", format]].concat());
        String::from_utf8(output.stdout).map_err(|error| format!("{format}: {error}"))
    };
    let json = parsed(&run("json")?)?;
    is_of_schema("check", &json)?;
    let findings = json["findings"].as_array().map_or(0, Vec::len);
    let log = parsed(&run("sarif")?)?;
    is_sarif(&log)?;
    let results = log["runs"][0]["results"].as_array().map_or(0, Vec::len);
    if results != findings {
        return Err(format!("{findings} findings are {results} results"));
    }
    is_github(&run("github")?, findings)?;
    Ok(json)
}

fn parsed(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error}\n{text}"))
}

/// Whether JSON is what the schema of a command says.
pub(crate) fn is_of_schema(command: &str, json: &Value) -> Result<(), String> {
    static SCHEMAS: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let known = |schemas: &mut BTreeMap<String, Arc<Validator>>| {
        let schema = schemas.entry(command.to_owned());
        let schema = schema.or_insert_with(|| {
            let schema = printed_schema(command);
            assert!(jsonschema::meta::is_valid(&schema), "{command}");
            Arc::new(jsonschema::validator_for(&schema).unwrap())
        });
        Arc::clone(schema)
    };
    let schema = known(&mut SCHEMAS.lock().unwrap());
    is_valid(&schema, json)
}

/// The schema as the command prints it.
pub(crate) fn printed_schema(command: &str) -> Value {
    let output = abide(&root(), &["schema", command]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The fields that a schema names and that are not in `seen`: what nothing writes, nobody needs.
pub(crate) fn unseen_fields(schema: &Value, seen: &HashSet<String>) -> Vec<String> {
    let mut unseen = Vec::new();
    visit(schema, &mut |of| {
        let fields = of.get("properties").and_then(Value::as_object);
        let names = fields.into_iter().flat_map(|fields| fields.keys());
        unseen.extend(names.filter(|name| !seen.contains(*name)).cloned());
    });
    unseen
}

/// The names of all fields in a value.
pub(crate) fn fields(value: &Value, seen: &mut HashSet<String>) {
    visit(value, &mut |of| seen.extend(of.keys().cloned()));
}

fn visit(value: &Value, look: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            look(fields);
            fields.values().for_each(|value| visit(value, look));
        }
        Value::Array(values) => values.iter().for_each(|value| visit(value, look)),
        _ => {}
    }
}

/// Whether a log is SARIF, and of a kind that GitHub takes
/// (docs.github.com, "SARIF support for code scanning").
pub(crate) fn is_sarif(log: &Value) -> Result<(), String> {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let mut schema = read(&root().join("tests/schemas/sarif-2.1.0.json"));
        // Its bracket without a partner is no pattern by the rules of JSON Schema.
        for of in ["run", "toolComponent"] {
            let language = format!("/definitions/{of}/properties/language");
            let language = schema.pointer_mut(&language).unwrap();
            language.as_object_mut().unwrap().remove("pattern").unwrap();
        }
        jsonschema::validator_for(&schema).unwrap()
    });
    is_valid(schema, log)?;
    let [run] = log["runs"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err("GitHub wants runs of one category to be one run".to_owned());
    };
    let rules = of(&run["tool"]["driver"]["rules"]);
    for rule in rules {
        for field in ["shortDescription", "fullDescription"] {
            let text = rule[field]["text"].as_str().unwrap_or_default();
            told((1..=1024).contains(&text.len()), rule, "a description")?;
        }
        told(rule["help"]["markdown"].is_string(), rule, "help")?;
    }
    let results = of(&run["results"]);
    told(results.len() <= 25_000, run, "at most 25,000 results")?;
    let mut fingerprints = HashSet::new();
    for result in results {
        let rule = result["ruleIndex"]
            .as_u64()
            .and_then(|at| rules.get(at as usize));
        let is_known = rule.is_some_and(|rule| rule["id"] == result["ruleId"]);
        told(is_known, result, "a rule of the driver")?;
        let level = result["level"].as_str().unwrap_or_default();
        told(["error", "warning"].contains(&level), result, "a level")?;
        told(of(&result["locations"]).len() == 1, result, "one location")?;
        let related = of(&result["relatedLocations"]);
        told(related.len() < 100, result, "at most 100 locations")?;
        for location in of(&result["locations"]).iter().chain(related) {
            is_location(location)?;
        }
        for flow in of(&result["codeFlows"]) {
            let steps = of(&flow["threadFlows"][0]["locations"]);
            told((1..=1_000).contains(&steps.len()), flow, "steps")?;
            steps
                .iter()
                .try_for_each(|step| is_location(&step["location"]))?;
        }
        let fingerprint = &result["partialFingerprints"]["abide/v1"];
        told(fingerprint.is_string(), result, "a fingerprint")?;
        told(
            fingerprints.insert(fingerprint),
            result,
            "a fingerprint of its own",
        )?;
    }
    Ok(())
}

fn is_location(location: &Value) -> Result<(), String> {
    let place = &location["physicalLocation"];
    let artifact = &place["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap_or_default();
    let is_relative = artifact["uriBaseId"] == "%SRCROOT%";
    let is_uri = !uri.is_empty()
        && uri
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/:%".contains(&byte))
        && is_relative != uri.starts_with("file:///")
        && !uri.starts_with("..");
    told(is_uri, location, "a URI")?;
    let line = place["region"]["startLine"].as_u64();
    told(line.is_some_and(|line| line > 0), location, "a line")
}

/// Whether each line of the text is one command or one of the lines that count, and all findings
/// are there.
pub(crate) fn is_github(text: &str, findings: usize) -> Result<(), String> {
    let mut annotations = 0;
    for line in text.lines() {
        let is_count = ["checked ", "crossings: ", "contracts of "]
            .iter()
            .any(|start| line.starts_with(start));
        if is_count {
            continue;
        }
        let command = line
            .strip_prefix("::")
            .and_then(|line| line.split_once("::"));
        let Some((command, data)) = command else {
            return Err(format!("neither a command nor a count: {line}"));
        };
        let (kind, properties) = command.split_once(' ').unwrap_or((command, ""));
        let is_known = match kind {
            "error" | "warning" if !properties.is_empty() => {
                annotations += 1;
                properties.contains("title=abide%3A ")
            }
            "warning" | "notice" => properties.is_empty(),
            _ => false,
        };
        let names = properties
            .split(',')
            .filter_map(|property| property.split_once('='));
        let is_known = is_known
            && names
                .into_iter()
                .all(|(name, _)| ["file", "line", "title"].contains(&name));
        if !is_known || data.is_empty() || line.contains(|c: char| c.is_control()) {
            return Err(format!("no command that GitHub knows: {line}"));
        }
    }
    match annotations == findings {
        true => Ok(()),
        false => Err(format!(
            "{findings} findings are {annotations} annotations\n{text}"
        )),
    }
}

fn of(array: &Value) -> &[Value] {
    array.as_array().map_or(&[], Vec::as_slice)
}

fn told(holds: bool, value: &Value, what: &str) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(format!("not {what}: {value:#}")),
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn is_valid(schema: &Validator, value: &Value) -> Result<(), String> {
    let errors = schema.iter_errors(value);
    let errors: Vec<_> = errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("\n")),
    }
}

/// Standard output of a check in a format, with its exit code.
pub(crate) fn printed(dir: &Path, format: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let output = abide(dir, &[&["check", "--format", format], arguments].concat());
    (stdout(&output), output.status.code())
}
