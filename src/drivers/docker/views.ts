import type Docker from 'dockerode';
import type { ContainerView, Labels, VolumeView } from './container-runtime.ts';

/** True when an object has all wanted labels with the wanted values. */
export function carries(labels: Labels | null | undefined, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
}

/** The engine's filter for objects with these labels. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) };
}

export function toContainerView(found: Docker.ContainerInspectInfo): ContainerView {
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: found.Config.Image,
    imageId: found.Image,
    labels: found.Config.Labels ?? {},
    state: found.State.Status as ContainerView['state'],
    health: healthOf(found),
    exitCode: found.State.ExitCode,
    oomKilled: found.State.OOMKilled,
    startedAt: found.State.StartedAt,
    addresses: Object.fromEntries(
      Object.entries(found.NetworkSettings.Networks)
        .filter(([, network]) => network.IPAddress !== '')
        .map(([name, network]) => [name, network.IPAddress]),
    ),
    volumes: found.Mounts.filter((mount) => mount.Type === 'volume').map((mount) => ({
      name: mount.Name ?? '',
      target: mount.Destination,
    })),
  };
}

export function toVolumeView(found: { Name: string; Labels: Labels | null }): VolumeView {
  return { name: found.Name, labels: found.Labels ?? {} };
}

function healthOf(found: Docker.ContainerInspectInfo): ContainerView['health'] {
  const status = found.State.Health?.Status;
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}
