/** Labels on everything Drydock makes. Labelled things are ours; everything else is left alone. */

type Labels = Record<string, string>;

export function instanceLabels(instance: string): Labels {
  return { 'drydock.instance': instance };
}

export function generationLabels(instance: string, generation: number): Labels {
  return { ...instanceLabels(instance), 'drydock.generation': String(generation) };
}

export function storeLabels(instance: string, generation: number, store: string): Labels {
  return { ...generationLabels(instance, generation), 'drydock.store': store };
}

export function colourLabels(instance: string, colour: string): Labels {
  return { ...instanceLabels(instance), 'drydock.colour': colour };
}
