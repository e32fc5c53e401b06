// The few words that are needed before the app and its catalogues are there, or after it has stopped.

const texts = {
  en: {
    loading: 'Loading Irum… {n} %',
    starting: 'Starting Irum…',
    no_wasm: 'This browser does not run WebAssembly, which Irum is made of. Use a current version of Chrome, Edge, Firefox or Safari.',
    load_failed: 'Irum could not be loaded. Check the connection and try again.',
    page_crashed: 'Irum stopped unexpectedly. Labels that were saved are safe.',
    device_crashed: 'The part of Irum that keeps the data on this device stopped unexpectedly. Labels that were saved are safe.',
    reload: 'Reload',
  },
  ko: {
    loading: 'Irum을 불러오는 중… {n} %',
    starting: 'Irum을 시작하는 중…',
    no_wasm: '이 브라우저는 Irum에 필요한 WebAssembly를 실행하지 못합니다. 최신 버전의 Chrome, Edge, Firefox 또는 Safari를 사용해 주세요.',
    load_failed: 'Irum을 불러오지 못했습니다. 연결을 확인하고 다시 시도해 주세요.',
    page_crashed: 'Irum이 예기치 않게 멈췄습니다. 저장된 라벨은 안전합니다.',
    device_crashed: '이 기기의 데이터를 관리하는 부분이 예기치 않게 멈췄습니다. 저장된 라벨은 안전합니다.',
    reload: '새로고침',
  },
};

/** What was chosen in the app: go-app keeps JSON in localStorage. */
export function preference(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) || '';
  } catch {
    return '';
  }
}

export const language = (preference('language') || navigator.language || 'en').slice(0, 2) === 'ko' ? 'ko' : 'en';

export const text = (key, n) => texts[language][key].replace('{n}', n);
