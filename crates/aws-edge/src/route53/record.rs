//! Implementation of `route53.record`. A record has no tags: an existing record with other values counts as foreign.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    ADOPTED, Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
    in_order, is_adopted,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::route53::{AliasLive, Record, RecordLive};
use serde_json::Value;

use super::Clients;

/// `route53.record`
pub struct RecordKind {
    clients: Clients,
    /// IDs of this run's changes, by record identity. Some Route 53 servers may not have a change yet.
    changes: Mutex<BTreeMap<String, String>>,
}

type Inputs = Resolved<Record>;

const CHANGE: &str = "route53:ChangeResourceRecordSets";

fn invalid(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, CHANGE, error.to_string())
}

/// Normalizes a name: lowercase, without the trailing dot, and with `*` instead of Route 53's `\052`.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

/// Default time to live of a new record in seconds.
const TTL_SECONDS: i64 = 300;

/// Builds the record set. `ttl` is the time to live of an existing record.
fn record_set(inputs: &Inputs, ttl: Option<i64>) -> Result<ResourceRecordSet, ProviderError> {
    let record = |value: &String| ResourceRecord::builder().value(value).build().map_err(invalid);
    let values: Option<Result<Vec<_>, _>> = inputs.values.as_ref().map(|values| values.iter().map(record).collect());
    let alias = inputs.alias.as_ref().map(|alias| {
        let target = AliasTarget::builder().dns_name(&alias.dns_name).hosted_zone_id(&alias.zone_id);
        target.evaluate_target_health(alias.evaluate_target_health).build().map_err(invalid)
    });
    let set = ResourceRecordSet::builder().name(&inputs.record_name).r#type(RrType::from(inputs.record_type.as_str()));
    let ttl = inputs.ttl_seconds.map(i64::from).or(ttl).unwrap_or(TTL_SECONDS);
    let set = set.set_ttl(inputs.alias.is_none().then_some(ttl)).set_resource_records(values.transpose()?);
    set.set_alias_target(alias.transpose()?).build().map_err(invalid)
}

fn live_inputs(zone: &str, set: &ResourceRecordSet) -> RecordLive {
    let values = set.resource_records().iter().map(|record| record.value.clone());
    RecordLive {
        zone_id: Some(zone.to_owned()),
        record_name: Some(plain(&set.name)),
        record_type: Some(set.r#type.as_str().to_owned()),
        ttl_seconds: set.ttl.and_then(|ttl| i32::try_from(ttl).ok()),
        values: set.alias_target.is_none().then(|| values.collect()),
        alias: set.alias_target().map(|alias| AliasLive {
            dns_name: Some(plain(&alias.dns_name)),
            zone_id: Some(alias.hosted_zone_id.clone()),
            evaluate_target_health: Some(alias.evaluate_target_health),
        }),
    }
}

/// Splits an identity `<zone>:<type>:<name>`, with or without the prefix of adopted records.
fn parts(id: &str) -> Result<(&str, &str, &str), ProviderError> {
    let id = id.strip_prefix(ADOPTED).unwrap_or(id);
    let (zone, rest) = ProviderError::split_identity(id, "zone:type:name")?;
    let (record_type, name) = ProviderError::split_identity(rest, "zone:type:name")?;
    Ok((zone, record_type, name))
}

fn live(zone: &str, id: &str, set: &ResourceRecordSet) -> Live {
    Live::new(&live_inputs(zone, set), attributes([("id", id), ("name", &plain(&set.name))]))
}

/// Returns the sort key of a name: Route 53 sorts by labels, starting with the last one.
fn labels(name: &str) -> Vec<&str> {
    name.split('.').rev().collect()
}

impl RecordKind {
    pub(crate) fn new(clients: Clients) -> Self {
        Self { clients, changes: Mutex::default() }
    }

    async fn get(
        &self,
        region: &Region,
        zone: &str,
        record_type: &str,
        name: &str,
    ) -> Result<Option<ResourceRecordSet>, ProviderError> {
        let call = self.clients.in_region(region).list_resource_record_sets().hosted_zone_id(zone).max_items(1);
        let call = call.start_record_name(name).start_record_type(RrType::from(record_type));
        let answer = none_if_missing(call.send().await.map_err(api_error("route53:ListResourceRecordSets")))?;
        let sets = answer.map(|answer| answer.resource_record_sets).unwrap_or_default();
        Ok(sets.into_iter().find(|set| plain(&set.name) == plain(name) && set.r#type.as_str() == record_type))
    }

    /// Returns all records with this name.
    async fn at_name(&self, region: &Region, zone: &str, name: &str) -> Result<Vec<ResourceRecordSet>, ProviderError> {
        let (sets, _) = self.page(region, zone, name).await?;
        Ok(sets.into_iter().take_while(|set| plain(&set.name) == plain(name)).collect())
    }

    async fn change(
        &self,
        region: &Region,
        zone: &str,
        action: ChangeAction,
        set: ResourceRecordSet,
    ) -> Result<String, ProviderError> {
        let change = Change::builder().action(action).resource_record_set(set).build().map_err(invalid)?;
        let batch = ChangeBatch::builder().changes(change).build().map_err(invalid)?;
        let call =
            self.clients.in_region(region).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        let answer = call.send().await.map_err(api_error(CHANGE))?;
        let change = answer.change_info.ok_or_else(|| ProviderError::incomplete(CHANGE, "ChangeInfo"))?;
        Ok(change.id)
    }

    /// Records a change, so that [`Kind::ready`] waits for all Route 53 servers. Until then, both sites serve a moved name.
    fn remember(&self, id: &str, change: String) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), change);
    }

    /// Reads one record, wherever it is in its zone.
    async fn single(&self, region: &Region, id: &str) -> Result<Option<Live>, ProviderError> {
        let (zone, record_type, name) = parts(id)?;
        let set = self.get(region, zone, record_type, name).await?;
        Ok(set.map(|set| live(zone, id, &set)))
    }

    /// Returns the first page of records from a name on, and `true` if more follow. One call reads a small zone.
    async fn page(
        &self,
        region: &Region,
        zone: &str,
        name: &str,
    ) -> Result<(Vec<ResourceRecordSet>, bool), ProviderError> {
        let call =
            self.clients.in_region(region).list_resource_record_sets().hosted_zone_id(zone).start_record_name(name);
        let answer = none_if_missing(call.send().await.map_err(api_error("route53:ListResourceRecordSets")))?;
        Ok(answer.map(|answer| (answer.resource_record_sets, answer.is_truncated)).unwrap_or_default())
    }
}

impl Kind for RecordKind {
    type Definition = Record;

    async fn find(&self, subject: &Subject, known: &Known<Record>) -> Result<Option<Found>, ProviderError> {
        let Some(name) = &known.record_name else { return Ok(None) };
        let sets = self.at_name(&subject.region, &known.zone_id, name).await?;
        let identity = |set: &ResourceRecordSet| format!("{}:{}:{}", known.zone_id, set.r#type.as_str(), plain(name));
        let Some(set) = sets.iter().find(|set| set.r#type.as_str() == known.record_type) else {
            // A CNAME record must be the only record of its name: it conflicts with records of any other type.
            let is_cname = |set: &&ResourceRecordSet| set.r#type == RrType::Cname;
            let conflict = sets.iter().find(|set| known.record_type == "CNAME" || is_cname(set));
            return Ok(conflict.map(|set| Found::new(identity(set), Evidence::NotOurs)));
        };
        let live = live_inputs(&known.zone_id, set);
        let wanted = known.alias.as_ref().and_then(|wanted| wanted.dns_name.as_deref());
        if live.alias.as_ref().is_some_and(|alias| wanted.is_some_and(|wanted| alias.dns_name == Some(plain(wanted)))) {
            // Only this deployment creates aliases of its distribution.
            return Ok(Some(Found::new(identity(set), Evidence::Ours)));
        }
        let is_same = live.values.as_ref().is_some_and(|values| {
            known.values.as_ref().is_some_and(|wanted| {
                wanted.len() == values.len() && wanted.iter().all(|w| w.as_ref().is_some_and(|w| values.contains(w)))
            })
        });
        // An existing record with equal values is adopted: all certificates of a domain share one validation record.
        let prefix = if is_same && !subject.attempted { ADOPTED } else { "" };
        let evidence = if is_same { Evidence::Ours } else { Evidence::NotOurs };
        Ok(Some(Found::new(format!("{prefix}{}", identity(set)), evidence)))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let mut zones: BTreeMap<&str, Vec<(&str, &str, &String)>> = BTreeMap::new();
        for id in ids {
            let (zone, record_type, name) = parts(id)?;
            zones.entry(zone).or_default().push((record_type, name, id));
        }
        let mut found = BTreeMap::new();
        for (zone, records) in zones {
            let first = records.iter().map(|(_, name, _)| *name).min_by_key(|name| labels(name)).unwrap_or_default();
            let (sets, more) = self.page(region, zone, first).await?;
            let mut missing = Vec::new();
            for (record_type, name, id) in records {
                match sets.iter().find(|set| plain(&set.name) == name && set.r#type.as_str() == record_type) {
                    Some(set) => drop(found.insert(id.clone(), live(zone, id, set))),
                    None => missing.push(id),
                }
            }
            // Records beyond the first page are read one by one.
            if more {
                let others = try_join_all(missing.iter().map(|id| self.single(region, id))).await?;
                found.extend(missing.into_iter().zip(others).filter_map(|(id, live)| Some((id.clone(), live?))));
            }
        }
        Ok(in_order(ids, found))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let set = record_set(inputs, None)?;
        let change = self.change(&subject.region, &inputs.zone_id, ChangeAction::Create, set).await?;
        let name = plain(&inputs.record_name);
        let id = format!("{}:{}:{name}", inputs.zone_id, inputs.record_type);
        self.remember(&id, change);
        Ok(Created::new(&id, [("id", &id), ("name", &name)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let change = self.changes.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let Some(change) = change else { return Ok(Readiness::Ready) };
        let answer = self
            .clients
            .in_region(region)
            .get_change()
            .id(change)
            .send()
            .await
            .map_err(api_error("route53:GetChange"))?;
        match answer.change_info.map(|info| info.status) {
            None | Some(ChangeStatus::Insync) => Ok(Readiness::Ready),
            Some(status) => Ok(Readiness::Waiting(status.as_str().to_owned())),
        }
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let desired = &update.desired;
        let ttl = update.live.get("ttl_seconds").and_then(Value::as_i64);
        let set = record_set(desired, ttl)?;
        let change = self.change(&subject.region, &desired.zone_id, ChangeAction::Upsert, set).await?;
        self.remember(id, change);
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        if is_adopted(id) {
            return Ok(());
        }
        let (zone, record_type, name) = parts(id)?;
        // The call requires the complete record set.
        let Some(set) = self.get(region, zone, record_type, name).await? else { return Ok(()) };
        none_if_missing(self.change(region, zone, ChangeAction::Delete, set).await).map(|_| ())
    }
}
