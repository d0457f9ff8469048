import type { Identity } from '../../contracts/ids.ts';

/** Labels on everything Drydock makes. Labelled things are ours; everything else is left alone. */

type Labels = Record<string, string>;

/** Everything that was made under a name, also for an instance that had the name before. */
export function nameLabels(instance: string): Labels {
  return { 'drydock.instance': instance };
}

export function instanceLabels({ instance, id }: Identity): Labels {
  return { ...nameLabels(instance), 'drydock.id': id };
}

export function generationLabels(of: Identity, generation: number): Labels {
  return { ...instanceLabels(of), 'drydock.generation': String(generation) };
}

export function storeLabels(of: Identity, generation: number, store: string): Labels {
  return { ...generationLabels(of, generation), 'drydock.store': store };
}

export function colourLabels(of: Identity, colour: string): Labels {
  return { ...instanceLabels(of), 'drydock.colour': colour };
}
