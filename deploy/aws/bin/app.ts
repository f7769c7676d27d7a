import { hubApp } from '../lib/app.ts';

hubApp().app.synth();
