import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useRouter } from "../bindings/router";
import { listProjects } from "../core/api";
import { words } from "../core/bidi";
import { lastPlace, rememberPlace, type Place } from "../core/lastPlace";
import { executionsPath } from "../core/routes";
import type { Project } from "../protocol/flyte";
import { Icon } from "../ui/icons";
import { ThemeButton } from "./ThemeButton";

export function TopBar() {
  const { route } = useRouter();
  const place = "project" in route ? route : lastPlace(window.localStorage);
  const { project, domain } = place;
  useEffect(() => {
    if (route.page === "execution" || route.page === "executions") rememberPlace({ project, domain }, window.localStorage);
  }, [route.page, project, domain]);
  return (
    <nav className="top-bar" aria-label="Main">
      <Link className="brand" href="/console/" aria-label="livedeck">
        <Logo />
        <span>livedeck</span>
      </Link>
      <PlaceSelect place={place} />
      {route.page === "execution" && (
        <>
          <Icon name="chevron" size={14} className="crumb" />
          <Link className="crumb-link" href={executionsPath(place)}>
            Executions
          </Link>
        </>
      )}
      <div className="top-bar-end">
        <ThemeButton />
      </div>
    </nav>
  );
}

function PlaceSelect({ place }: { readonly place: Place }) {
  const { go } = useRouter();
  const projects = useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => listProjects(signal), staleTime: 60_000 });
  const places = placesOf(projects.data?.projects ?? [], place);
  return (
    <select
      className="place-select"
      aria-label="Project and domain"
      value={places.findIndex((one) => one.project === place.project && one.domain === place.domain)}
      onChange={(event) => {
        const chosen = places[Number(event.target.value)];
        if (chosen) go(executionsPath(chosen));
      }}
    >
      {places.map(({ project, domain }, index) => (
        <option key={`${project}/${domain}`} value={index}>
          {words`${project} / ${domain}`}
        </option>
      ))}
    </select>
  );
}

/** Every domain of every project, and in any case the one that is shown. */
function placesOf(projects: readonly Project[], shown: Place): Place[] {
  const places = projects.flatMap(({ id, domains = [] }) => domains.map((domain) => ({ project: id, domain: domain.id })));
  const known = places.some((one) => one.project === shown.project && one.domain === shown.domain);
  return known ? places : [{ project: shown.project, domain: shown.domain }, ...places];
}

function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <rect x="1" y="1" width="20" height="20" rx="6" fill="var(--ld-accent)" />
      <path
        d="M5 13.5 8.5 9l3 3L17 6.5"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="17" cy="6.5" r="2" fill="var(--on-accent)" />
    </svg>
  );
}
