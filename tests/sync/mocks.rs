//! Every operation of the clients against the vendors' mock servers, which `.ci/contract` starts and names in
//! `HUNTLINE_MOCK_GRAPH` and `HUNTLINE_MOCK_ARM`. They answer from the specifications and refuse what does not fit them.

use super::world::block_on;
use huntline::connector::{Connector, Identity, Secret, Settings};
use huntline::incident::{Open, SentinelIncident, SentinelStatus, Severity};
use huntline::sync::plan::DefenderPatch;
use huntline::sync::port::Services;

#[test]
fn every_operation_against_the_vendors_mocks() {
    let (Ok(graph), Ok(arm)) = (std::env::var("HUNTLINE_MOCK_GRAPH"), std::env::var("HUNTLINE_MOCK_ARM")) else {
        eprintln!(
            "SKIPPED every_operation_against_the_vendors_mocks: HUNTLINE_MOCK_GRAPH and HUNTLINE_MOCK_ARM name no mocks"
        );
        return;
    };
    let group = "00000000-0000-4000-8000-000000000000";
    let mut settings = Settings::new(group, "group", "workspace", Identity::Plain(Secret::new("mock")));
    (settings.graph_url, settings.arm_url) = (graph.clone(), arm);
    settings.log_analytics_url = graph;
    let services = Connector::new(settings).unwrap();
    let patch = DefenderPatch {
        status: Some(huntline::incident::DefenderStatus::InProgress),
        closing: huntline::incident::DefenderClosing::all().last(),
        assigned_to: Some(None),
        custom_tags: Some(vec!["vip".to_owned()]),
        resolving_comment: Some("done".to_owned()),
        severity: Some(Severity::High),
        display_name: Some("t".to_owned()),
        description: Some("d".to_owned()),
    };
    let mut incident = SentinelIncident::new("73e01a99-5cd7-4139-a149-9f2736ff2ab5");
    (incident.title, incident.severity) = (Some("t".to_owned()), Some(Open::Known(Severity::High)));
    (incident.status, incident.etag) = (Open::Known(SentinelStatus::Active), Some("\"1\"".to_owned()));
    let (id, since) = (incident.id.clone(), Some(639_000_000_000_000_000));
    block_on(async {
        services.defender_list(None).await.unwrap();
        services.defender_list(since).await.unwrap();
        services.defender_get("29").await.unwrap().unwrap();
        services.defender_patch("29", &patch).await.unwrap();
        services.defender_comment("29", "seen").await.unwrap();
        services.sentinel_list(None).await.unwrap();
        services.sentinel_list(since).await.unwrap();
        services.sentinel_get(&id).await.unwrap().unwrap();
        services.sentinel_comments(&id).await.unwrap();
        services.sentinel_alerts(&id).await.unwrap();
        services.sentinel_entities(&id).await.unwrap();
        services.sentinel_put(&incident).await.unwrap();
        services.sentinel_comment(&id, "4bb36b7b-26ff-4d1c-9cbe-0d8ab3da0014", "seen").await.unwrap();
    });
}
